using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace VdiFs.Disks.Local;

/// <summary>Tells what a path leads to without opening it: opening a pipe waits for its writer.</summary>
internal static class FileKind
{
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int BlockDevice = 0x6000;

    /// <summary>Whether bytes can be read there by offset; true also where only opening can tell.</summary>
    public static bool MayHoldDisk(string path) => TypeOf(path) is null or Regular or BlockDevice;

    /// <summary>Whether it is a block device, whose own time says nothing of its content's.</summary>
    public static bool IsBlockDevice(string path) => TypeOf(path) == BlockDevice;

    private static int? TypeOf(string path)
    {
        // statx(2): the same record on every architecture; stx_mode is 16 bits at offset 28.
        const int WorkingDirectory = -100;
        const int FollowLinks = 0;
        const uint TypeOnly = 1;
        const int RecordBytes = 256;
        const int ModeOffset = 28;
        byte[] record = new byte[RecordBytes];
        int result = Native.StatX(WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), FollowLinks, TypeOnly, record);
        int mode = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(ModeOffset))
            : BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(ModeOffset));
        return result == 0 ? mode & TypeMask : null;
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "statx")]
        [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "LibraryImport needs unsafe code.")]
        public static extern int StatX(int directory, byte[] path, int flags, uint mask, byte[] record);
    }
}
