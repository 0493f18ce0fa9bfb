using System.Buffers.Binary;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

/// <summary>What foreign readers and checkers let pass, each one of them something: this one none of it.</summary>
public sealed class VhdMutationTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int Table = 1536;
    private const int FirstBitmap = 2048;

    // Four blocks, of which three are stored.
    private static readonly TestDisk Disk = TestDisk.With(7 * Mebibyte, 1, 64, 111);

    public static TheoryData<string, string> Mutations => new()
    {
        { "end footer checksum", "end footer: expected a whole footer, found The checksum of the VHD footer is" },
        { "copy footer checksum", "footer copy: expected a whole footer" },
        { "header checksum", "dynamic header: expected a whole one, found The checksum of the VHD dynamic header is" },
        { "time stamp of the end footer", "footer copy: expected 0x" },
        { "two entries swapped", "entry of data block 0: expected sector 4, found sector 4101" },
        { "entry beyond the file", "entry of data block 0: expected sector 4, found sector 1000000" },
        { "entry duplicated", "entry of data block 2: expected sector 4101, found sector 4" },
        { "sector bitmap cleared", "sector bitmap of data block 2: expected 0xff, found 0x00" },
        { "geometry too large", "end footer, disk geometry: expected 0x00d20411, found 0x00d30411" },
        { "no features", "end footer, features: expected 0x00000002, found 0x00000000" },
        { "null uuid", "end footer, unique id: expected any but null, found null" },
        { "reserved byte in both footers", "end footer, reserved: expected 0x00, found 0x01" },
        { "made in the future", "end footer, time stamp: expected at most" },
        { "current size one sector more", "end footer, original size" },
        { "one table entry more", "dynamic header, max table entries: expected 0x00000004, found 0x00000005" },
        { "end footer cut off", "end footer: expected a whole footer" },
        { "last data block cut short", "data block 3: expected 2097664 bytes and a footer" },
        { "another creator", "end footer, creator application: expected 0x77696e20, found 0x71656d75" },
        { "saved state", "end footer, saved state: expected 0x00, found 0x01" },
        { "padding of the table", "padding of the block allocation table: expected 0xff, found 0x00" },
        { "a parent in a dynamic header", "dynamic header, parent unicode name" },
        { "a sector more before the footer", "end footer: expected at" },
    };

    [Theory, MemberData(nameof(Mutations))]
    public void Mutation_is_found_and_named(string name, string expected)
    {
        byte[] file = Mutate(name, Images.Write("packed.vhd", Disk));
        CheckOptions options = Images.Strict with { Now = Disk.Identity.SnapshotTime.AddDays(1) };
        Assert.Contains(Images.Faults(file, options), fault => fault.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("vhd")]
    [InlineData("packed.vhd")]
    [InlineData("fixed.vhd")]
    public void Every_flipped_bit_outside_the_data_is_found(string name)
    {
        byte[] file = Images.Write(name, Disk);
        foreach (int offset in StructureOf(file, name))
        {
            for (int bit = 0; bit < 8; bit++)
            {
                file[offset] ^= (byte)(1 << bit);
                bool isFound = Images.Faults(file, Images.Strict).Length > 0;
                file[offset] ^= (byte)(1 << bit);
                Assert.True(isFound, $"bit {bit} of byte {offset} of {file.Length}");
            }
        }
    }

    [Fact]
    public void Every_flipped_bit_of_a_delta_is_found()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(3 * Mebibyte, 1, 40), 2);
        Dictionary<string, byte[]> directory = new() { ["base.vhd"] = Images.Write("vhd", delta.Parent) };
        byte[] file = Images.WriteDelta("vhd", delta, "vhd", "base.vhd");
        // Footer copy, header, table, parent's name; the rest is as in a full image.
        for (int bit = 0; bit < (Table + 512 + 512) * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.True(Images.Faults(file, Images.Strict, directory).Length > 0, $"bit {bit}");
            file[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    private static IEnumerable<int> StructureOf(byte[] file, string name)
    {
        int end = file.Length - 512;
        IEnumerable<int> footer = Enumerable.Range(end, 512);
        if (name == "fixed.vhd")
        {
            return footer;
        }

        int stride = 2 * Mebibyte + (name == "vhd" ? 4096 : 512);
        int first = name == "vhd" ? 4096 - 512 : FirstBitmap;
        // A block's bitmap, and the padding in front of it.
        IEnumerable<int> bitmaps = Enumerable.Range(0, 3).SelectMany(rank => rank == 0
            ? Enumerable.Range(FirstBitmap, first + 512 - FirstBitmap)
            : Enumerable.Range(first + rank * stride - (stride - 2 * Mebibyte - 512), stride - 2 * Mebibyte));
        return [.. Enumerable.Range(0, FirstBitmap), .. bitmaps, .. footer];
    }

    private static byte[] Mutate(string name, byte[] file)
    {
        Span<byte> copy = file.AsSpan(0, 512);
        Span<byte> header = file.AsSpan(512, 1024);
        Span<byte> end = file.AsSpan(file.Length - 512);
        switch (name)
        {
            case "end footer checksum":
                end[64] ^= 1;
                return file;
            case "copy footer checksum":
                copy[64] ^= 1;
                return file;
            case "header checksum":
                header[36] ^= 1;
                return file;
            case "time stamp of the end footer":
                end[27] ^= 1;
                Seal(end, 64);
                return file;
            case "two entries swapped":
                SwapEntries(file, 0, 2);
                return file;
            case "entry beyond the file":
                BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(Table), 1_000_000);
                return file;
            case "entry duplicated":
                file.AsSpan(Table, 4).CopyTo(file.AsSpan(Table + 8));
                return file;
            case "sector bitmap cleared":
                file.AsSpan(FirstBitmap + 512 + 2 * Mebibyte, 512).Clear();
                return file;
            case "padding of the table":
                file[Table + 16] = 0;
                return file;
            case "end footer cut off":
                return file[..^512];
            case "last data block cut short":
                return [.. file[..^1024], .. end];
            case "a sector more before the footer":
                return [.. file[..^512], .. new byte[512], .. end];
            case "one table entry more":
                header[31]++;
                Seal(header, 36);
                return file;
            case "a parent in a dynamic header":
                header[65] = (byte)'a';
                Seal(header, 36);
                return file;
            default:
                ChangeFooter(name, end);
                Seal(end, 64);
                end.CopyTo(copy);
                return file;
        }
    }

    private static void ChangeFooter(string name, Span<byte> footer)
    {
        switch (name)
        {
            case "geometry too large":
                footer[57]++;
                break;
            case "no features":
                footer[11] = 0;
                break;
            case "null uuid":
                footer.Slice(68, 16).Clear();
                break;
            case "reserved byte in both footers":
                footer[300] = 1;
                break;
            case "made in the future":
                footer[24]++;
                break;
            case "current size one sector more":
                footer[54] += 2;
                break;
            case "another creator":
                "qemu"u8.CopyTo(footer[28..]);
                break;
            case "saved state":
                footer[84] = 1;
                break;
            default:
                Assert.Fail($"No mutation {name}.");
                break;
        }
    }

    private static void SwapEntries(byte[] file, int first, int second)
    {
        byte[] kept = file[(Table + first * 4)..(Table + first * 4 + 4)];
        file.AsSpan(Table + second * 4, 4).CopyTo(file.AsSpan(Table + first * 4));
        kept.CopyTo(file, Table + second * 4);
    }

    private static void Seal(Span<byte> record, int checksumOffset)
    {
        record.Slice(checksumOffset, 4).Clear();
        uint sum = 0;
        foreach (byte value in record)
        {
            sum += value;
        }

        BinaryPrimitives.WriteUInt32BigEndian(record[checksumOffset..], ~sum);
    }
}
