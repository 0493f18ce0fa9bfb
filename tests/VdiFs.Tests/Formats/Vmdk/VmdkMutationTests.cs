using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

/// <summary>What tools were seen to overlook, and every bit that is not the disk's.</summary>
public sealed class VmdkMutationTests
{
    private const int Grain = 65536;
    private const int Record = 129 * 512;

    private static readonly TestDisk Disk = TestDisk.With(5_000_001, 0, 1, 31, 70, 76);
    private static readonly byte[] Sparse = Images.Write("vmdk", Disk);
    private static readonly byte[] Stream = Images.Write("stream.vmdk", Disk);

    // Behind the last sector of the disk, in the fifth and last grain.
    private static readonly int EndOfSparseData = Sparse.Length - Grain + (9766 * 512 % Grain);

    private static readonly Dictionary<string, Func<byte[], byte[]>> OfSparse = new()
    {
        ["entries swapped in the primary table"] = file => Swap(file, Table(file, 56), Table(file, 56) + 4),
        ["entries swapped in the redundant table"] = file => Swap(file, Table(file, 48), Table(file, 48) + 4),
        ["entries swapped in both"] = file =>
            Swap(Swap(file, Table(file, 56), Table(file, 56) + 4), Table(file, 48), Table(file, 48) + 4),
        ["entry beyond the end in both"] = file => Put(Put(file, Table(file, 56), 1 << 28), Table(file, 48), 1 << 28),
        ["entry duplicated in both"] = file => Put(
            Put(file, Table(file, 56) + 4, Get(file, Table(file, 56))), Table(file, 48) + 4, Get(file, Table(file, 56))),
        ["newline test"] = file => Xor(file, 74, 1),
        ["unclean shutdown"] = file => Xor(file, 72, 1),
        ["capacity"] = file => Put(file, 12, Get(file, 12) + 128),
        ["descriptor's extent"] = file => Replace(file, "RW 9766 ", "RW 9638 "),
        ["overHead"] = file => Put(file, 64, 0),
        ["version"] = file => Put(file, 4, 4),
        ["directory entry"] = file => Put(file, Get(file, 56) * 512, Get(file, Get(file, 56) * 512) + 4),
        ["cut by a grain"] = file => file[..^Grain],
        ["cut by a byte"] = file => file[..^1],
        ["a sector more"] = file => [.. file, .. new byte[512]],
        ["a table of zeros"] = file => Fill(file, Table(file, 56), 2048, 0),
        ["a table of ones"] = file => Fill(file, Table(file, 56), 2048, 0xFF),
        ["a directory of ones"] = file => Fill(file, Get(file, 56) * 512, 512, 0xFF),
        ["a capacity without end"] = file => Fill(file, 12, 8, 0xFF),
        ["64 TiB in a small file"] = file => Put(Put(file, 12, 0), 16, 32),
    };

    private static readonly Dictionary<string, Func<byte[], byte[]>> OfStream = new()
    {
        ["adler32"] = file => Xor(file, Grain + 12 + 65548, 1),
        ["marker's sector"] = file => Xor(file, Grain, 128),
        ["marker's size"] = file => Put(file, Grain + 8, 65551),
        ["stored length's complement"] = file => Xor(file, Grain + 12 + 2 + 3, 1),
        ["footer's directory"] = file => Put(file, file.Length - 1024 + 56, Get(file, file.Length - 1024 + 56) + 1),
        ["end of the stream cut off"] = file => file[..^512],
        ["version 1"] = file => Put(file, 4, 1),
        ["first header has the directory"] = file =>
            Put(Put(file, 56, Get(file, file.Length - 1024 + 56)), 60, 0),
        ["footer's marker"] = file => Xor(file, file.Length - 1536 + 12, 2),
        ["table's marker"] = file => Xor(file, Grain + (5 * Record) + 12, 2),
        ["padding of a grain"] = file => Xor(file, Grain + Record - 1, 1),
        ["grains swapped"] = file => SwapRecords(file),
        ["a byte of a grain"] = file => Xor(file, Grain + 5000, 1),
    };

    public static TheoryData<string> SparseNames => [.. OfSparse.Keys];

    public static TheoryData<string> StreamNames => [.. OfStream.Keys];

    [Theory, MemberData(nameof(SparseNames))]
    public void Mutation_of_a_sparse_file_is_found(string name)
    {
        Assert.NotEmpty(Images.Faults(OfSparse[name]([.. Sparse]), Images.Strict));
    }

    [Theory, MemberData(nameof(StreamNames))]
    public void Mutation_of_a_stream_is_found(string name)
    {
        Assert.NotEmpty(Images.Faults(OfStream[name]([.. Stream]), Images.Strict));
    }

    [Theory]
    [InlineData("vmdk")]
    [InlineData("stream.vmdk")]
    public void Every_changed_byte_that_is_not_the_disk_s_is_found(string name)
    {
        byte[] good = name == "vmdk" ? Sparse : Stream;
        ImageLayout layout = ImageFormats.Find(name)!.CreateLayout(Disk.Identity, Disk.Map());
        HashSet<int> unknowable = Unknowable(good);
        if (name == "vmdk")
        {
            // The disk ends within its last sector, which only the disk itself could tell.
            unknowable.UnionWith(Enumerable.Range(EndOfSparseData - 512, 512));
        }

        List<(int Offset, int Bit)> mutations = [];
        for (int offset = 0; offset < good.Length; offset++)
        {
            if (layout.Locate(offset, 1).Kind != SegmentKind.Disk)
            {
                // Where something is written every bit, in the long stretches of zeros one of each byte.
                int bits = good[offset] != 0 || offset < 512 ? 8 : 1;
                mutations.AddRange(Enumerable.Range(0, bits).Select(bit => (offset, (bit + offset) % 8)));
            }
        }

        using ThreadLocal<byte[]> copies = new(() => [.. good]);
        int[] missed = [.. mutations.AsParallel()
            .Where(mutation => !IsFound(copies.Value!, mutation.Offset, mutation.Bit))
            .Select(mutation => mutation.Offset)
            .Distinct()];
        Assert.True(mutations.Count > 10_000, $"only {mutations.Count} mutations");
        Assert.Subset(unknowable, missed.ToHashSet());
        TestContext.Current.SendDiagnosticMessage(
            "{0}: {1} mutations, all found but for the ids and the name, in {2} bytes", name, mutations.Count,
            missed.Length);
    }

    [Theory]
    [InlineData("vmdk")]
    [InlineData("stream.vmdk")]
    public void A_file_cut_anywhere_is_found(string name)
    {
        byte[] good = name == "vmdk" ? Sparse : Stream;
        for (int length = 0; length < good.Length; length += length < 20_000 ? 511 : 9973)
        {
            Assert.NotEmpty(Images.Faults(good[..length], Images.Strict));
            // The specification does not say that what is behind the disk's end must be there.
            if (name != "vmdk" || length < EndOfSparseData)
            {
                Assert.NotEmpty(Images.Faults(good[..length], Images.Foreign));
            }
        }
    }

    [Fact]
    public void Every_changed_byte_of_a_delta_s_descriptor_is_found()
    {
        TestDelta delta = TestDelta.Of(Disk, 4);
        byte[] good = Images.WriteDelta("vmdk", delta, "vmdk", "base.vmdk");
        Dictionary<string, byte[]> directory = new() { ["base.vmdk"] = Sparse };
        HashSet<int> unknowable = Unknowable(good);
        int end = good.AsSpan(512).IndexOf((byte)0) + 512;
        for (int bit = 512 * 8; bit < end * 8; bit++)
        {
            if (!IsFound(good, bit / 8, bit % 8, directory))
            {
                Assert.Contains(bit / 8, unknowable);
            }
        }
    }

    /// <summary>Whether another bit in a file is found; it is as before afterwards.</summary>
    private static bool IsFound(byte[] file, int offset, int bit, Dictionary<string, byte[]>? directory = null)
    {
        file[offset] ^= (byte)(1 << bit);
        bool isFound = Images.Faults(file, Images.Strict, directory).Length > 0;
        file[offset] ^= (byte)(1 << bit);
        return isFound;
    }

    /// <summary>
    /// Hashes of an identity that a reader does not know, of which another digit is as good, and the name that the file
    /// was given, which may be another since.
    /// </summary>
    private static HashSet<int> Unknowable(byte[] file) =>
    [
        .. Behind(file, "SPARSE \"", "disk.vmdk".Length + (file.AsSpan().IndexOf("disk.stream"u8) >= 0 ? 7 : 0)),
        .. Behind(file, "ddb.longContentID = \"", 24),
        .. Behind(file, "ddb.uuid.image = \"", 36),
        .. Behind(file, "ddb.uuid.modification = \"", 36),
    ];

    private static IEnumerable<int> Behind(byte[] file, string label, int length) =>
        Enumerable.Range(file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(label)) + label.Length, length);

    // One sector of directory, then the tables.
    private static int Table(byte[] file, int field) => (Get(file, field) + 1) * 512;

    private static int Get(byte[] file, int offset) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(offset));

    private static byte[] Put(byte[] file, int offset, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset), value);
        return file;
    }

    private static byte[] Swap(byte[] file, int one, int other)
    {
        int value = Get(file, one);
        Assert.NotEqual(value, Get(file, other));
        return Put(Put(file, one, Get(file, other)), other, value);
    }

    private static byte[] Xor(byte[] file, int offset, byte bits)
    {
        file[offset] ^= bits;
        return file;
    }

    private static byte[] Fill(byte[] file, int offset, int length, byte value)
    {
        file.AsSpan(offset, length).Fill(value);
        return file;
    }

    private static byte[] Replace(byte[] file, string old, string text)
    {
        Encoding.ASCII.GetBytes(text).CopyTo(file, file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(old)));
        return file;
    }

    private static byte[] SwapRecords(byte[] file) =>
        [.. file[..Grain], .. file[(Grain + Record)..(Grain + (2 * Record))], .. file[Grain..(Grain + Record)],
            .. file[(Grain + (2 * Record))..]];
}
