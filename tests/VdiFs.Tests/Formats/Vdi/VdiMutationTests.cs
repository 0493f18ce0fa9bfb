using System.Buffers.Binary;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vdi;

/// <summary>What foreign readers and checkers let pass, each one of them something: this one none of it.</summary>
public sealed class VdiMutationTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int Map = 512;

    // Four blocks, of which three are stored, the last one cut by the disk's end.
    private static readonly TestDisk Disk = TestDisk.With(4 * Mebibyte - 1024, 0, 32, 63);

    public static TheoryData<string, string> Mutations => new()
    {
        { "two entries swapped", "map entry 0: expected 0, or 0xffffffff, found 1" },
        { "entry duplicated", "map entry 2: expected 1, or 0xffffffff, found 0" },
        { "entry beyond the file", "map entry 3: expected 2, or 0xffffffff, found 3" },
        { "blocks allocated count wrong", "header, cBlocksAllocated: expected 0x03000000, found 0x02000000" },
        { "one map entry more", "header, cBlocks: expected 0x04000000, found 0x05000000" },
        { "map too short", "cbDisk: expected at most 3145728 bytes" },
        { "no image id", "header, uuidCreate: expected an id" },
        { "no modification id", "header, uuidModify: expected an id" },
        { "a parent id", "header, uuidLinkage: expected 00000000-0000-0000-0000-000000000000: there is no parent" },
        { "a delta without ids", "header, uuidLinkage: expected an id" },
        { "cut by a sector", "end of the file: expected 4194304 bytes, found 4193792 bytes" },
        { "a block more", "end of the file: expected 4194304 bytes, found 5242880 bytes" },
        { "a zero block", "map entry 1: expected 1, or 0xffffffff, found 4294967294" },
        { "padding behind the map", "padding behind the map: expected 0x00, found 0x01" },
        { "padding behind the disk", "padding behind the end of the disk: expected 0x00, found 0x01" },
        { "data one sector on", "header, offData" },
        { "a flag", "header, fFlags: expected 0x00000000, found 0x01000000" },
        { "a comment", "header, szComment" },
    };

    /// <summary>Those that only one who knows what this product writes can tell from good images.</summary>
    private static readonly string[] AllowedToOthers =
    [
        "two entries swapped", "one map entry more", "no modification id", "a parent id", "cut by a sector",
        "a block more", "a zero block", "padding behind the map", "padding behind the disk", "a flag", "a comment",
        "data one sector on",
    ];

    [Theory, MemberData(nameof(Mutations))]
    public void Mutation_is_found_and_named(string name, string expected)
    {
        byte[] file = Mutate(name, Images.Write("vdi", Disk));
        string[] faults = Images.Faults(file, Images.Strict);
        Assert.Contains(faults, fault => fault.Contains(expected, StringComparison.Ordinal));
        string[] foreign = Images.Faults(file, Images.Foreign);
        Assert.True(foreign.Length > 0 != AllowedToOthers.Contains(name), string.Join('\n', foreign));
    }

    [Fact]
    public void Flipped_bits_of_the_structures_are_found()
    {
        AssertFlipsAreFound(Images.Write("vdi", Disk), hasParent: false);
    }

    [Fact]
    public void Flipped_bits_of_a_delta_are_found()
    {
        AssertFlipsAreFound(Images.WriteDelta("vdi", TestDelta.Of(Disk, 1), "vdi", "base"), hasParent: true);
    }

    /// <summary>Every bit of the header and the map, many of the padding's start, and some of the rest of it, which
    /// takes the longer to look through the later they come.</summary>
    private static void AssertFlipsAreFound(byte[] file, bool hasParent)
    {
        const int Near = 65536;
        for (int offset = 0; offset < Mebibyte; offset += offset < 1024 ? 1 : offset < Near ? 4 : 61)
        {
            // All of them in turn, the step being odd.
            (int first, int last) = offset < Near ? (0, 7) : (offset % 8, offset % 8);
            for (int bit = first; bit <= last; bit++)
            {
                file[offset] ^= (byte)(1 << bit);
                bool isFound = Images.Faults(file, Images.Strict).Length > 0;
                file[offset] ^= (byte)(1 << bit);
                Assert.True(isFound || CannotMatter(offset, bit, hasParent), $"bit {bit} of byte {offset}");
            }
        }
    }

    /// <summary>
    /// What an image alone cannot tell: the disk's length in sectors, which only a comparison with the disk finds, and
    /// ids, which are any number but for the bits that say how they were made.
    /// </summary>
    private static bool CannotMatter(int offset, int bit, bool hasParent)
    {
        bool isLength = offset is >= 369 and < 376;
        bool isId = offset is >= 392 and < 424 || (hasParent && offset is >= 424 and < 456);
        // In the little-endian form the version is the upper half of byte 7.
        return isLength || (isId && !((offset - 392) % 16 == 7 && bit >= 4));
    }

    private static byte[] Mutate(string name, byte[] file)
    {
        switch (name)
        {
            case "two entries swapped":
                (file[Map], file[Map + 8]) = (file[Map + 8], file[Map]);
                return file;
            case "entry duplicated":
                file[Map + 8] = 0;
                return file;
            case "entry beyond the file":
                file[Map + 12] = 3;
                return file;
            case "blocks allocated count wrong":
                file[388]--;
                return file;
            case "one map entry more":
                file[384]++;
                file.AsSpan(Map + 16, 4).Fill(0xFF);
                return file;
            case "map too short":
                file[384]--;
                return file;
            case "no image id":
                file.AsSpan(392, 16).Clear();
                return file;
            case "no modification id":
                file.AsSpan(408, 16).Clear();
                return file;
            case "a parent id":
                file[424] = 1;
                return file;
            case "a delta without ids":
                file[76] = 4;
                return file;
            case "cut by a sector":
                return file[..^512];
            case "a block more":
                return [.. file, .. new byte[Mebibyte]];
            case "a zero block":
                file[Map + 4] = 0xFE;
                return file;
            case "padding behind the map":
                file[Map + 16] = 1;
                return file;
            case "padding behind the disk":
                file[^1] = 1;
                return file;
            case "data one sector on":
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(344), Mebibyte + 512);
                return file;
            case "a flag":
                file[80] = 1;
                return file;
            default:
                Assert.Equal("a comment", name);
                file[84] = 1;
                return file;
        }
    }
}
