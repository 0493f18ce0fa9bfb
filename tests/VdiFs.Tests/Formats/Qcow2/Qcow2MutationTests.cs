using System.Buffers.Binary;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Qcow2;

/// <summary>What foreign readers and checkers let pass, each one of them something: this one none of it.</summary>
public sealed class Qcow2MutationTests
{
    private const int Cluster = 65536;
    private const int Refcounts = 2 * Cluster;
    private const int L1 = 3 * Cluster;
    private const int L2 = 4 * Cluster;

    // Header, refcount table and block, L1, L2, three clusters, of which the last is cut by the disk's end.
    private static readonly TestDisk Disk = TestDisk.With(40 * Cluster - 1024, 0, 5, 39);

    public static TheoryData<string, string> Mutations => new()
    {
        { "refcount 0 of a data cluster", "refcount of cluster 6: expected 1, found 0" },
        { "refcount 2 of a data cluster", "refcount of cluster 6: expected 1, found 2" },
        { "refcount 1 past the end", "refcount of cluster 8: expected 0" },
        { "copied flag missing", "L2 entry of cluster 5: expected" },
        { "two entries swapped", "L2 entry of cluster 0: expected 0x8000000000050000, found 0x8000000000060000" },
        { "entry duplicated", "L2 entry of cluster 5: expected 0x8000000000060000, found 0x8000000000050000" },
        { "entry beyond the file", "L2 entry of cluster 5: expected 0x8000000000060000, found 0x8000000001000000" },
        { "entry of no cluster of the disk", "L2 entry of cluster 40: expected 0x0000000000000000" },
        { "reserved bit in the L1 entry", "L1 entry 0: expected 0x8000000000040000, found 0xc000000000040000" },
        { "unknown incompatible bit", "unknown incompatible features" },
        { "header length 100", "header_length" },
        { "unaligned entry", "L2 entry of cluster 5: expected" },
        { "cut by a cluster", "end of the file: expected 8 clusters, as many as the tables say, found 7" },
        { "cut within a cluster", "end of the file: expected whole clusters" },
        { "a cluster more", "end of the file: expected 8 clusters, as many as the tables say, found 9" },
        { "zero flag", "L2 entry of cluster 5: expected" },
        { "padding behind the disk", "padding behind the end of the disk: expected 0x00, found 0x01" },
        { "L1 entry away", "end of the file: expected 4 clusters, as many as the tables say, found 8" },
    };

    /// <summary>Those that only one who knows what this product writes can tell from good images.</summary>
    private static readonly string[] AllowedToOthers =
        ["two entries swapped", "zero flag", "padding behind the disk", "cut within a cluster", "a cluster more"];

    [Theory, MemberData(nameof(Mutations))]
    public void Mutation_is_found_and_named(string name, string expected)
    {
        byte[] file = Mutate(name, Images.Write("qcow2", Disk));
        string[] faults = Images.Faults(file, Images.Strict);
        Assert.Contains(faults, fault => fault.Contains(expected, StringComparison.Ordinal));
        string[] foreign = Images.Faults(file, Images.Foreign);
        Assert.True(foreign.Length > 0 != AllowedToOthers.Contains(name), string.Join('\n', foreign));
    }

    [Fact]
    public void Flipped_bits_of_the_structures_are_found()
    {
        AssertFlipsAreFound(Images.Write("qcow2", Disk), directory: null);
    }

    [Fact]
    public void Flipped_bits_of_a_delta_are_found()
    {
        TestDelta delta = TestDelta.Of(Disk, 1);
        Dictionary<string, byte[]> directory = new() { ["base"] = Images.Write("qcow2", delta.Parent) };
        AssertFlipsAreFound(Images.WriteDelta("qcow2", delta, "qcow2", "base"), directory);
    }

    /// <summary>Every bit where there is something, and some of the rest of the tables.</summary>
    private static void AssertFlipsAreFound(byte[] file, Dictionary<string, byte[]>? directory)
    {
        Assert.InRange(file.Length, L2 + 2 * Cluster, int.MaxValue);
        for (int offset = 0; offset < L2 + Cluster; offset++)
        {
            // The disk's length is said once: only a comparison with the disk finds another one.
            if (offset is >= 24 and < 32)
            {
                continue;
            }

            bool isDense = offset % Cluster is < 336 or >= Cluster - 8;
            if (!isDense && offset % 61 != 0)
            {
                continue;
            }

            for (int bit = isDense ? 0 : offset % 8; bit < (isDense ? 8 : offset % 8 + 1); bit++)
            {
                file[offset] ^= (byte)(1 << bit);
                bool isFound = Images.Faults(file, Images.Strict, directory).Length > 0;
                file[offset] ^= (byte)(1 << bit);
                Assert.True(isFound, $"bit {bit} of byte {offset}");
            }
        }
    }

    private static byte[] Mutate(string name, byte[] file)
    {
        switch (name)
        {
            case "refcount 0 of a data cluster":
                file[Refcounts + 13] = 0;
                return file;
            case "refcount 2 of a data cluster":
                file[Refcounts + 13] = 2;
                return file;
            case "refcount 1 past the end":
                file[Refcounts + 17] = 1;
                return file;
            case "copied flag missing":
                file[L2 + 40] = 0;
                return file;
            case "two entries swapped":
                (file[L2 + 5], file[L2 + 45]) = (file[L2 + 45], file[L2 + 5]);
                return file;
            case "entry duplicated":
                file.AsSpan(L2, 8).CopyTo(file.AsSpan(L2 + 40));
                return file;
            case "entry beyond the file":
                BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(L2 + 40), 1UL << 63 | 0x1000000);
                return file;
            case "entry of no cluster of the disk":
                file.AsSpan(L2 + 39 * 8, 8).CopyTo(file.AsSpan(L2 + 40 * 8));
                return file;
            case "reserved bit in the L1 entry":
                file[L1] |= 0x40;
                return file;
            case "unknown incompatible bit":
                file[72] = 1;
                return file;
            case "header length 100":
                file[103] = 100;
                return file;
            case "unaligned entry":
                file[L2 + 46] = 2;
                return file;
            case "cut by a cluster":
                return file[..^Cluster];
            case "cut within a cluster":
                return file[..^512];
            case "a cluster more":
                return [.. file, .. new byte[Cluster]];
            case "zero flag":
                file[L2 + 47] = 1;
                return file;
            case "padding behind the disk":
                file[^1] = 1;
                return file;
            default:
                Assert.Equal("L1 entry away", name);
                file.AsSpan(L1, 8).Clear();
                return file;
        }
    }
}
