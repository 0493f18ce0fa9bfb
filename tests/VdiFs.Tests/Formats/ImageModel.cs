using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VdiFs.Formats;
using VdiFs.Tests.Formats.Models;

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
        "blocks" => "data/disk.vhd"u8.ToArray(),
        "vmdk" => WriteVmdk(disk),
        "stream.vmdk" => StreamVmdkModel.Write(
            disk, VmdkDescriptor(disk, WholeSectors(disk).Length / 512, "stream.vmdk")),
        "flat.vmdk" => Encoding.ASCII.GetBytes(VmdkDescriptor(disk, WholeSectors(disk).Length / 512, "flat.vmdk")),
        "flat.vmdk.extent" => WholeSectors(disk),
        "qcow2" => Qcow2Model.Write(disk),
        "vhdx" => VhdxModel.Write(disk),
        "vdi" => VdiModel.Write(disk),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No model."),
    };

    /// <summary>A delta, of formats that have them.</summary>
    internal static byte[] WriteDelta(string format, ModelParent parent) => format switch
    {
        "vhd" => WriteDynamicVhd(parent.Delta.Child, isPacked: false, parent),
        "packed.vhd" => WriteDynamicVhd(parent.Delta.Child, isPacked: true, parent),
        "vmdk" => WriteVmdk(parent.Delta.Child, parent),
        "qcow2" => Qcow2Model.WriteDelta(parent.Delta, parent.Name, parent.Format),
        "vhdx" => VhdxModel.WriteDelta(parent.Delta, parent.Name),
        "vdi" => VdiModel.WriteDelta(parent.Delta),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No model."),
    };

    private static byte[] WriteFixedVhd(TestDisk disk) =>
        [.. WholeSectors(disk), .. VhdFooter(disk, 2, ulong.MaxValue, HashedUuid(disk.Identity, "fixed.vhd", "image"))];

    private static byte[] WriteDynamicVhd(TestDisk disk, bool isPacked, ModelParent? parent = null)
    {
        byte[] content = WholeSectors(disk);
        int blocks = (content.Length + VhdBlock - 1) / VhdBlock;
        Guid uuid = isPacked ? HashedUuid(disk.Identity, "packed.vhd", "image") : disk.Identity.Uuid;
        byte[] footer = VhdFooter(disk, parent is null ? 3u : 4u, 512, uuid);
        int tableBytes = (blocks * 4 + 511) / 512 * 512;

        byte[] header = new byte[1024];
        "cxsparse"u8.CopyTo(header);
        header.AsSpan(8, 8).Fill(0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(16), 1536);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(24), 0x10000);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(28), (uint)blocks);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), VhdBlock);
        byte[] locator = [];
        if (parent is not null)
        {
            locator = WriteVhdParent(header, parent, 1536 + tableBytes);
        }

        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(36), ~(uint)header.Sum(value => value));

        using MemoryStream file = new();
        file.Write(footer);
        file.Write(header);
        file.Write(Enumerable.Repeat((byte)0xFF, tableBytes).ToArray());
        file.Write(locator);
        byte[] entry = new byte[4];
        for (int block = 0; block < blocks; block++)
        {
            if (!IsStored(disk, parent, block * VhdBlock, VhdBlock))
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

    /// <summary>Fills in the header of a delta; returns the locator's sector, which is at this offset.</summary>
    private static byte[] WriteVhdParent(byte[] header, ModelParent parent, int locatorOffset)
    {
        DiskIdentity identity = parent.Delta.Parent.Identity;
        Guid uuid = parent.Format == "vhd" ? identity.Uuid : HashedUuid(identity, parent.Format, "image");
        uuid.ToByteArray(bigEndian: true).CopyTo(header, 40);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(56), VhdSeconds(identity));
        Encoding.BigEndianUnicode.GetBytes(parent.Name).CopyTo(header, 64);
        byte[] path = Encoding.Unicode.GetBytes(".\\" + parent.Name);
        "W2ru"u8.CopyTo(header.AsSpan(576));
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(580), 1);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(584), path.Length);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(592), locatorOffset);
        return [.. path, .. new byte[512 - path.Length]];
    }

    private static bool IsStored(TestDisk disk, ModelParent? parent, int offset, int length) =>
        parent?.IsAnyChanged(offset, length) ?? disk.IsAnyAllocated(offset, length);

    private static byte[] VhdFooter(TestDisk disk, uint type, ulong dataOffset, Guid uuid)
    {
        long size = WholeSectors(disk).Length;
        byte[] footer = new byte[512];
        "conectix"u8.CopyTo(footer);
        footer[11] = 2;
        footer[13] = 1;
        BinaryPrimitives.WriteUInt64BigEndian(footer.AsSpan(16), dataOffset);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(24), VhdSeconds(disk.Identity));
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

    private static uint VhdSeconds(DiskIdentity identity)
    {
        double seconds = Math.Floor((identity.SnapshotTime - DateTimeOffset.Parse(
            "2000-01-01T00:00:00Z", CultureInfo.InvariantCulture)).TotalSeconds);
        return (uint)Math.Clamp(seconds, 0, uint.MaxValue);
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

    private static byte[] WriteVmdk(TestDisk disk, ModelParent? parent = null)
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
        Encoding.ASCII.GetBytes(VmdkDescriptor(disk, sectors, "vmdk", parent)).CopyTo(front, 512);
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
            if (IsStored(disk, parent, grain * VmdkGrain, VmdkGrain))
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

    private static string VmdkDescriptor(TestDisk disk, int sectors, string format, ModelParent? parent = null)
    {
        (string createType, string extent) = format switch
        {
            "vmdk" => ("monolithicSparse", "SPARSE \"disk.vmdk\""),
            "stream.vmdk" => ("streamOptimized", "SPARSE \"disk.stream.vmdk\""),
            _ => ("monolithicFlat", "FLAT \"disk-flat.vmdk\" 0"),
        };
        string longId = VmdkContentId(disk.Identity, format);
        string parentId = parent is null ? "ffffffff" : VmdkContentId(parent.Delta.Parent.Identity, parent.Format)[24..];
        Guid parentImage = default;
        Guid parentModification = default;
        if (parent is not null)
        {
            parentImage = HashedUuid(parent.Delta.Parent.Identity, parent.Format, "image");
            parentModification = HashedUuid(parent.Delta.Parent.Identity, parent.Format, "modification");
        }

        return "# Disk DescriptorFile\nversion=1\nCID=" + longId[24..] + "\nparentCID=" + parentId + "\n"
            + "createType=\"" + createType + "\"\n"
            + (parent is null ? "" : "parentFileNameHint=\"" + parent.Name + "\"\n")
            + "\n# Extent description\nRW " + sectors + " " + extent + "\n\n"
            + "# The Disk Data Base\n#DDB\n\nddb.virtualHWVersion = \"4\"\nddb.adapterType = \"lsilogic\"\n"
            + "ddb.geometry.cylinders = \"" + Math.Max(1, sectors / 16065) + "\"\nddb.geometry.heads = \"255\"\n"
            + "ddb.geometry.sectors = \"63\"\nddb.longContentID = \"" + longId + "\"\n"
            + "ddb.uuid.image = \"" + HashedUuid(disk.Identity, format, "image") + "\"\n"
            + "ddb.uuid.modification = \"" + HashedUuid(disk.Identity, format, "modification") + "\"\n"
            + "ddb.uuid.parent = \"" + parentImage + "\"\n"
            + "ddb.uuid.parentmodification = \"" + parentModification + "\"\n";
    }

    private static string VmdkContentId(DiskIdentity identity, string format)
    {
        byte[] content = Hash(identity, format, "content")[..16];
        if (content.AsSpan(12, 3).IndexOfAnyExcept((byte)0xFF) < 0 && content[15] >= 0xFE)
        {
            content[15] -= 2;
        }

        return Convert.ToHexString(content).ToLowerInvariant();
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
