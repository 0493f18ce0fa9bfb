using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VdiFs.Formats;

namespace VdiFs.Tests.Formats;

/// <summary>
/// Writes whole images front to back, straight from the specifications. Shares no code with the product, so that one
/// mistake would have to be made twice.
/// </summary>
internal static class ImageModel
{
    private const int VhdBlock = 2 * 1024 * 1024;
    private const int VmdkGrain = 65536;

    internal static byte[] Write(string format, TestDisk disk) => format switch
    {
        "raw" => disk.Content,
        "vhd" => WriteDynamicVhd(disk, isPacked: false),
        "packed.vhd" => WriteDynamicVhd(disk, isPacked: true),
        "fixed.vhd" => WriteFixedVhd(disk),
        "vmdk" => WriteVmdk(disk),
        "flat.vmdk" => Encoding.ASCII.GetBytes(VmdkDescriptor(disk, WholeSectors(disk).Length / 512, "flat.vmdk")),
        "flat.vmdk.extent" => WholeSectors(disk),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No model."),
    };

    private static byte[] WriteFixedVhd(TestDisk disk) =>
        [.. WholeSectors(disk), .. VhdFooter(disk, 2, ulong.MaxValue, HashedUuid(disk.Identity, "fixed.vhd", "image"))];

    private static byte[] WriteDynamicVhd(TestDisk disk, bool isPacked)
    {
        byte[] content = WholeSectors(disk);
        int blocks = (content.Length + VhdBlock - 1) / VhdBlock;
        Guid uuid = isPacked ? HashedUuid(disk.Identity, "packed.vhd", "image") : disk.Identity.Uuid;
        byte[] footer = VhdFooter(disk, 3, 512, uuid);

        byte[] header = new byte[1024];
        "cxsparse"u8.CopyTo(header);
        header.AsSpan(8, 8).Fill(0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(16), 1536);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(24), 0x10000);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(28), (uint)blocks);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), VhdBlock);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(36), ~(uint)header.Sum(value => value));

        using MemoryStream file = new();
        file.Write(footer);
        file.Write(header);
        file.Write(Enumerable.Repeat((byte)0xFF, (blocks * 4 + 511) / 512 * 512).ToArray());
        byte[] entry = new byte[4];
        for (int block = 0; block < blocks; block++)
        {
            if (!disk.IsAnyAllocated(block * VhdBlock, VhdBlock))
            {
                continue;
            }

            // The next place for a bitmap whose data starts on a page.
            while (!isPacked && (file.Length + 512) % 4096 != 0)
            {
                file.SetLength(file.Length + 512);
            }

            BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)(file.Length / 512));
            file.Position = 1536 + block * 4;
            file.Write(entry);
            file.Position = file.Length;
            file.Write(Enumerable.Repeat((byte)0xFF, 512).ToArray());
            byte[] data = new byte[VhdBlock];
            content.AsSpan(block * VhdBlock, Math.Min(VhdBlock, content.Length - block * VhdBlock)).CopyTo(data);
            file.Write(data);
        }

        file.Position = file.Length;
        file.Write(footer);
        return file.ToArray();
    }

    private static byte[] VhdFooter(TestDisk disk, uint type, ulong dataOffset, Guid uuid)
    {
        long size = WholeSectors(disk).Length;
        double seconds = Math.Floor((disk.Identity.SnapshotTime - DateTimeOffset.Parse(
            "2000-01-01T00:00:00Z", CultureInfo.InvariantCulture)).TotalSeconds);
        byte[] footer = new byte[512];
        "conectix"u8.CopyTo(footer);
        footer[11] = 2;
        footer[13] = 1;
        BinaryPrimitives.WriteUInt64BigEndian(footer.AsSpan(16), dataOffset);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(24), (uint)Math.Clamp(seconds, 0, uint.MaxValue));
        "win \u0000\u000a\u0000\u0000Wi2k"u8.CopyTo(footer.AsSpan(28));
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(40), size);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(48), size);
        (int cylinders, int heads, int sectors) = Geometry(size / 512);
        BinaryPrimitives.WriteUInt16BigEndian(footer.AsSpan(56), (ushort)cylinders);
        footer[58] = (byte)heads;
        footer[59] = (byte)sectors;
        footer[63] = (byte)type;
        uuid.ToByteArray(bigEndian: true).CopyTo(footer, 68);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(64), ~(uint)footer.Sum(value => value));
        return footer;
    }

    /// <summary>The specification's pseudo-code, line by line.</summary>
    private static (int Cylinders, int Heads, int Sectors) Geometry(long totalSectors)
    {
        long sectorsPerTrack;
        long heads;
        long cylinderTimesHeads;
        if (totalSectors > 65535 * 16 * 255)
        {
            totalSectors = 65535 * 16 * 255;
        }

        if (totalSectors >= 65535 * 16 * 63)
        {
            sectorsPerTrack = 255;
            heads = 16;
            cylinderTimesHeads = totalSectors / sectorsPerTrack;
        }
        else
        {
            sectorsPerTrack = 17;
            cylinderTimesHeads = totalSectors / sectorsPerTrack;
            heads = (cylinderTimesHeads + 1023) / 1024;
            if (heads < 4)
            {
                heads = 4;
            }

            if (cylinderTimesHeads >= heads * 1024 || heads > 16)
            {
                sectorsPerTrack = 31;
                heads = 16;
                cylinderTimesHeads = totalSectors / sectorsPerTrack;
            }

            if (cylinderTimesHeads >= heads * 1024)
            {
                sectorsPerTrack = 63;
                heads = 16;
                cylinderTimesHeads = totalSectors / sectorsPerTrack;
            }
        }

        return ((int)(cylinderTimesHeads / heads), (int)heads, (int)sectorsPerTrack);
    }

    private static byte[] WriteVmdk(TestDisk disk)
    {
        byte[] content = WholeSectors(disk);
        int sectors = content.Length / 512;
        int grains = (content.Length + VmdkGrain - 1) / VmdkGrain;
        int tables = (grains + 511) / 512;
        int directoryBytes = (tables * 4 + 511) / 512 * 512;
        int half = directoryBytes + tables * 2048;
        int redundant = 21 * 512;
        int primary = redundant + half;
        int data = (primary + half + 65535) / 65536 * 65536;
        List<byte> stored = [];
        byte[] front = new byte[data];

        "KDMV\u0001\0\0\0\u0003\0\0\0"u8.CopyTo(front);
        int[] fields = [sectors, 0, 128, 0, 1, 0, 20, 0, 512, redundant / 512, 0, primary / 512, 0, data / 512, 0];
        for (int index = 0; index < fields.Length; index++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(12 + index * 4), fields[index]);
        }

        "\0\n \r\n"u8.CopyTo(front.AsSpan(72));
        Encoding.ASCII.GetBytes(VmdkDescriptor(disk, sectors, "vmdk")).CopyTo(front, 512);
        foreach (int start in new[] { redundant, primary })
        {
            for (int table = 0; table < tables; table++)
            {
                int sector = (start + directoryBytes + table * 2048) / 512;
                BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(start + table * 4), sector);
            }
        }

        for (int grain = 0; grain < grains; grain++)
        {
            if (disk.IsAnyAllocated(grain * VmdkGrain, VmdkGrain))
            {
                int sector = (data + stored.Count) / 512;
                BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(redundant + directoryBytes + grain * 4), sector);
                BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(primary + directoryBytes + grain * 4), sector);
                int start = grain * VmdkGrain;
                stored.AddRange(content.AsSpan(start, Math.Min(VmdkGrain, content.Length - start)));
                stored.AddRange(new byte[(VmdkGrain - stored.Count % VmdkGrain) % VmdkGrain]);
            }
        }

        return [.. front, .. stored];
    }

    private static string VmdkDescriptor(TestDisk disk, int sectors, string format)
    {
        (string createType, string extent) = format == "vmdk"
            ? ("monolithicSparse", "SPARSE \"disk.vmdk\"")
            : ("monolithicFlat", "FLAT \"disk-flat.vmdk\" 0");
        byte[] content = Hash(disk.Identity, format, "content")[..16];
        if (content.AsSpan(12, 3).IndexOfAnyExcept((byte)0xFF) < 0 && content[15] >= 0xFE)
        {
            content[15] -= 2;
        }

        string longId = Convert.ToHexString(content).ToLowerInvariant();
        return "# Disk DescriptorFile\nversion=1\nCID=" + longId[24..] + "\nparentCID=ffffffff\n"
            + "createType=\"" + createType + "\"\n\n# Extent description\nRW " + sectors + " " + extent + "\n\n"
            + "# The Disk Data Base\n#DDB\n\nddb.virtualHWVersion = \"4\"\nddb.adapterType = \"lsilogic\"\n"
            + "ddb.geometry.cylinders = \"" + Math.Max(1, sectors / 16065) + "\"\nddb.geometry.heads = \"255\"\n"
            + "ddb.geometry.sectors = \"63\"\nddb.longContentID = \"" + longId + "\"\n"
            + "ddb.uuid.image = \"" + HashedUuid(disk.Identity, format, "image") + "\"\n"
            + "ddb.uuid.modification = \"" + HashedUuid(disk.Identity, format, "modification") + "\"\n"
            + "ddb.uuid.parent = \"00000000-0000-0000-0000-000000000000\"\n"
            + "ddb.uuid.parentmodification = \"00000000-0000-0000-0000-000000000000\"\n";
    }

    internal static Guid HashedUuid(DiskIdentity identity, string format, string role)
    {
        byte[] bytes = Hash(identity, format, role)[..16];
        bytes[6] = (byte)(bytes[6] % 16 + 0x80);
        bytes[8] = (byte)(bytes[8] % 64 + 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static byte[] Hash(DiskIdentity identity, string format, string role)
    {
        byte[] ticks = BitConverter.GetBytes(identity.SnapshotTime.UtcTicks);
        Array.Reverse(ticks);
        byte[] label = Encoding.ASCII.GetBytes(format + "\0" + role);
        return SHA256.HashData([.. identity.Uuid.ToByteArray(bigEndian: true), .. ticks, .. label]);
    }

    internal static byte[] WholeSectors(TestDisk disk) =>
        [.. disk.Content, .. new byte[(512 - disk.Content.Length % 512) % 512]];
}
