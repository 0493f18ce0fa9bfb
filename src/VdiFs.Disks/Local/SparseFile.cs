using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Local;

/// <summary>Reads a file's holes and a device's length (lseek), which .NET has no call for.</summary>
internal static class SparseFile
{
    private const int SeekEnd = 2;
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>The length of a file or block device in bytes.</summary>
    public static long LengthOf(SafeFileHandle file) => Native.Seek(file, 0, SeekEnd);

    /// <summary>The file's allocation, or null when its file system does not tell holes from data, or it
    /// is too long for a map.</summary>
    public static AllocationMap? ReadAllocation(SafeFileHandle file, long length)
    {
        if (length > AllocationMap.MaxGranuleCount * AllocationMap.DefaultGranuleBytes)
        {
            return null;
        }

        var builder = new AllocationMapBuilder(length, AllocationMap.DefaultGranuleBytes);
        long position = 0;
        while (position < length)
        {
            long data = Seek(file, position, SeekData, length);
            if (data < 0)
            {
                return null;
            }

            if (data >= length)
            {
                break;
            }

            long hole = Seek(file, data, SeekHole, length);
            if (hole <= data)
            {
                return null;
            }

            builder.Mark(data, Math.Min(hole, length) - data);
            position = hole;
        }

        return builder.Build();
    }

    private static long Seek(SafeFileHandle file, long offset, int whence, long length)
    {
        const int NoSuchOffset = 6; // ENXIO: only a hole is left.
        long found = Native.Seek(file, offset, whence);
        return found >= 0 ? found : Marshal.GetLastPInvokeError() == NoSuchOffset ? length : -1;
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
        [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "LibraryImport needs unsafe code.")]
        public static extern long Seek(SafeFileHandle file, long offset, int whence);
    }
}
