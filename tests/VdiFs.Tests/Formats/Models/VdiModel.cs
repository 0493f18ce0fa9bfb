using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats;

namespace VdiFs.Tests.Formats.Models;

/// <summary>Writes VDIs front to back, from VirtualBox's VDICore.h. Shares no code with the product.</summary>
internal static class VdiModel
{
    private const string Format = "vdi";
    private const int Block = 1024 * 1024;

    internal static byte[] Write(TestDisk disk) => Write(disk, type: 1, disk.IsAnyAllocated, parent: null);

    internal static byte[] WriteDelta(TestDelta delta) =>
        Write(delta.Child, type: 4, delta.IsAnyChanged, delta.Parent.Identity);

    private static byte[] Write(TestDisk disk, uint type, Func<int, int, bool> isStored, DiskIdentity? parent)
    {
        byte[] content = ImageModel.WholeSectors(disk);
        int blocks = (content.Length + Block - 1) / Block;
        // No disk of a test has a map that is longer than what is left of the first block.
        List<byte> file = [.. new byte[Block]];
        byte[] map = new byte[blocks * 4];
        uint stored = 0;
        for (int block = 0; block < blocks; block++)
        {
            bool isHere = isStored(block * Block, Block);
            BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(block * 4), isHere ? stored++ : 0xFFFFFFFF);
            if (isHere)
            {
                byte[] data = new byte[Block];
                content.AsSpan(block * Block, Math.Min(Block, content.Length - block * Block)).CopyTo(data);
                file.AddRange(data);
            }
        }

        byte[] bytes = [.. file];
        WriteHeader(bytes, type, content.Length, (uint)blocks, stored, disk.Identity, parent);
        map.CopyTo(bytes, 512);
        return bytes;
    }

    private static void WriteHeader(
        Span<byte> header,
        uint type,
        int diskBytes,
        uint blocks,
        uint stored,
        DiskIdentity identity,
        DiskIdentity? parent)
    {
        Encoding.ASCII.GetBytes("<<< Oracle VM VirtualBox Disk Image >>>\n").CopyTo(header);
        (int Offset, uint Value)[] numbers =
        [
            (64, 0xBEDA107F), (68, 0x00010001), (72, 400), (76, type), (80, 0), (340, 512), (344, Block),
            // Of the geometries only the size of a sector.
            (360, 512), (468, 512),
            (368, (uint)diskBytes), (372, 0), (376, Block), (380, 0), (384, blocks), (388, stored),
        ];
        foreach ((int offset, uint value) in numbers)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[offset..], value);
        }

        ImageModel.HashedUuid(identity, Format, "image").ToByteArray().CopyTo(header[392..]);
        ImageModel.HashedUuid(identity, Format, "modification").ToByteArray().CopyTo(header[408..]);
        if (parent is not null)
        {
            ImageModel.HashedUuid(parent, Format, "image").ToByteArray().CopyTo(header[424..]);
            ImageModel.HashedUuid(parent, Format, "modification").ToByteArray().CopyTo(header[440..]);
        }
    }
}
