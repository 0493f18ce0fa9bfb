using System.Globalization;
using System.IO.Hashing;
using System.Text;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Xva;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Xva;

public sealed class XvaTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int Stride = 512 + Mebibyte + 512 + 512;

    // The time of the archive's members, in tar's way.
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(0x1234);

    // Chunks 0 (empty), 2 and 5, the last, of half a MiB.
    private static readonly TestDisk Disk = TestDisk.With(5 * Mebibyte + Mebibyte / 2, 33);

    private static readonly byte[] Good = Read(Disk, "<value/>");

    [Fact]
    public void Members_are_the_machine_and_for_every_chunk_its_bytes_and_its_hash()
    {
        Assert.Equal(
            [
                "ova.xml", "Ref:7/00000000", "Ref:7/00000000.xxhash", "Ref:7/00000002", "Ref:7/00000002.xxhash",
                "Ref:7/00000005", "Ref:7/00000005.xxhash",
            ],
            Members(Good).Select(member => member.Name));
        Assert.Equal("<value/>", Encoding.ASCII.GetString(Members(Good)[0].Bytes));
        Assert.Equal(Disk.Content[(2 * Mebibyte)..(3 * Mebibyte)], Members(Good)[3].Bytes);
        Assert.Equal(new byte[Mebibyte / 2], Members(Good)[5].Bytes);
        Assert.Equal(1024 + 2 * Stride + Stride - Mebibyte / 2 + 1024, Good.Length);
        Assert.Equal(-1, Good.AsSpan(Good.Length - 1024).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Hashes_are_XXH64_in_upper_case()
    {
        // Known from the reference program: a MiB of zeros.
        Assert.Equal("87D2A1B6E1163EF1", Encoding.ASCII.GetString(Members(Good)[2].Bytes));
    }

    [Fact]
    public void Every_disk_comes_out_again()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                byte[] content = new byte[Images.Padded(disk).Length];
                foreach ((string name, byte[] bytes) in Members(Read(disk, ""))
                    .Where(member => !member.Name.Contains('.')))
                {
                    int start = int.Parse(name[6..], CultureInfo.InvariantCulture) * Mebibyte;
                    bytes.CopyTo(content, start);
                }

                Assert.Equal(Images.Padded(disk), content);
                Assert.Empty(Faults(Read(disk, ""), acceptForeign: false));
            },
            iter: 20);
    }

    [Fact]
    public void Any_slice_equals_the_slice_of_the_whole()
    {
        ImageLayout layout = Layout(Disk, "<value/>");
        Random random = new(5);
        for (int slice = 0; slice < 200; slice++)
        {
            int offset = random.Next(Good.Length);
            int length = random.Next(1, Math.Min(5000, Good.Length - offset) + 1);
            Assert.Equal(
                Good[offset..(offset + length)],
                LayoutReader.Read(layout, Disk, offset, length, random.Next(1, 700)));
        }
    }

    [Fact]
    public void Disks_are_sorted_as_strings_and_keep_their_index()
    {
        ImageLayout layout = XvaLayout.Create(
            "x"u8,
            [
                new XvaDisk("Ref:9", AllocationMap.Full(3 * Mebibyte + 512, 65536)),
                new XvaDisk("Ref:10", AllocationMap.Full(2 * Mebibyte, 65536)),
            ],
            Time);
        Segment first = layout.Locate(1024 + 512, long.MaxValue);
        Assert.Equal(new Segment(SegmentKind.Disk, 0, Mebibyte, 1), first);
        Assert.Equal(new DiskRange(0, Mebibyte, 1), SourceAt(1024 + 512 + Mebibyte + 512));
        long last = 1024 + 5 * Stride;
        Assert.Equal(new Segment(SegmentKind.Disk, 3 * Mebibyte, 512, 0), layout.Locate(last + 512, long.MaxValue));
        Assert.Equal(new DiskRange(3 * Mebibyte, Mebibyte, 0), SourceAt(last + 512 + 512 + 512));

        DiskRange SourceAt(long offset)
        {
            Segment hash = layout.Locate(offset, long.MaxValue);
            Assert.Equal((SegmentKind.Derived, 16), (hash.Kind, hash.Length));
            DiskRange range = layout.SourceOf(hash.SourceOffset);
            Assert.Equal(
                new Segment(SegmentKind.Disk, range.Offset, 512, range.Disk),
                layout.LocateOnDisk(hash.SourceOffset, range with { Length = 512 }));
            return range;
        }
    }

    [Fact]
    public void A_first_disk_that_is_smaller_than_a_chunk_is_refused_before_larger_ones()
    {
        Assert.Null(XvaLayout.RefusalFor([Empty("Ref:2", 512)]));
        Assert.Null(XvaLayout.RefusalFor([Empty("Ref:1", Mebibyte), Empty("Ref:2", 512)]));
        Assert.Null(XvaLayout.RefusalFor([Empty("Ref:1", 512), Empty("Ref:2", 512)]));
        Assert.Equal(
            "The disk Ref:10 comes first in the XVA and has 512 bytes: the first one of several needs at least 1048576 "
            + "bytes, or importers misplace the others' chunks.",
            XvaLayout.RefusalFor([Empty("Ref:2", 2 * Mebibyte), Empty("Ref:10", 512)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Ref:1/2")]
    [InlineData("Ref 1")]
    [InlineData("Ref:\u00e4")]
    public void A_reference_that_is_no_name_of_a_member_is_refused(string reference)
    {
        Assert.NotNull(XvaLayout.RefusalFor([Empty(reference, Mebibyte)]));
    }

    [Fact]
    public void Disks_without_bytes_too_long_ones_and_equal_references_are_refused()
    {
        Assert.NotNull(XvaLayout.RefusalFor([Empty("Ref:1", 0)]));
        Assert.NotNull(XvaLayout.RefusalFor([Empty("Ref:1", 100_000_000L * Mebibyte + 1)]));
        Assert.Null(XvaLayout.RefusalFor([Empty("Ref:1", 100_000_000L * Mebibyte)]));
        Assert.NotNull(XvaLayout.RefusalFor([Empty("Ref:1", Mebibyte), Empty("Ref:1", Mebibyte)]));
        Assert.NotNull(XvaLayout.RefusalFor([Empty(new string('R', 84), Mebibyte)]));
        Assert.Null(XvaLayout.RefusalFor([Empty(new string('R', 83), Mebibyte)]));
    }

    [Fact]
    public void Layout_of_64_TiB_takes_no_more_than_a_bit_per_chunk()
    {
        AllocationMapBuilder builder = new(64L << 40, Mebibyte);
        builder.Mark(1L << 40, 1);
        XvaDisk disk = new("Ref:1", builder.Build());
        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageLayout layout = XvaLayout.Create("x"u8, [disk], Time);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * Mebibyte);
        Assert.Equal(1024 + 3L * Stride + 1024, layout.Length);
    }

    [Fact]
    public void Locate_and_reading_allocate_nothing()
    {
        ImageLayout layout = Layout(Disk, "<value/>");
        byte[] buffer = new byte[4096];
        byte[] source = new byte[Mebibyte];
        Assert.Equal(0, Allocated.BytesBy(() =>
        {
            for (long offset = 0; offset < layout.Length;)
            {
                Segment segment = layout.Locate(offset, 333);
                Span<byte> destination = buffer.AsSpan(0, (int)segment.Length);
                if (segment.Kind == SegmentKind.Metadata)
                {
                    layout.ReadMetadata(segment.SourceOffset, destination);
                }
                else if (segment.Kind == SegmentKind.Derived)
                {
                    layout.ReadDerived(segment.SourceOffset, source, destination);
                }

                offset += segment.Length;
            }
        }));
    }

    [Fact]
    public void Every_flipped_bit_but_those_of_the_machine_is_found()
    {
        Random random = new(7);
        List<int> places = [.. Enumerable.Range(0, 512), .. Enumerable.Range(520, 504 + 512)];
        places.AddRange(Enumerable.Range(0, 600).Select(_ => random.Next(1024, Good.Length)));
        foreach (int place in places)
        {
            byte[] file = [.. Good];
            file[place] ^= (byte)(1 << random.Next(8));
            Assert.True(Faults(file, acceptForeign: false).Length > 0, $"byte {place}");
        }
    }

    [Fact]
    public void Content_is_what_the_hash_protects_also_in_foreign_archives()
    {
        byte[] file = [.. Good];
        file[1024 + Stride + 512 + 70_000] ^= 1;
        Assert.Contains("XXH64 of Ref:7/00000002", Assert.Single(Faults(file, acceptForeign: true)));
    }

    [Fact]
    public void Chunks_that_are_swapped_doubled_or_missing_are_found()
    {
        byte[] front = Good[..1024];
        byte[] first = Good[1024..(1024 + Stride)];
        byte[] second = Good[(1024 + Stride)..(1024 + 2 * Stride)];
        byte[] last = Good[(1024 + 2 * Stride)..^1024];
        byte[] end = new byte[1024];
        Assert.Empty(Faults([.. front, .. first, .. second, .. last, .. end], acceptForeign: true));
        Assert.NotEmpty(Faults([.. front, .. second, .. last, .. end], acceptForeign: true));
        Assert.NotEmpty(Faults([.. front, .. first, .. first, .. last, .. end], acceptForeign: true));
        Assert.NotEmpty(Faults([.. front, .. first, .. last, .. second, .. end], acceptForeign: true));
        Assert.NotEmpty(Faults([.. front, .. first, .. second[..^1024], .. last, .. end], acceptForeign: true));
        Assert.NotEmpty(Faults([.. first, .. second, .. last, .. end], acceptForeign: true));
    }

    [Fact]
    public void An_archive_cut_anywhere_is_found()
    {
        for (int length = 0; length < Good.Length; length += 7_919)
        {
            Assert.NotEmpty(Faults(Good[..length], acceptForeign: true));
        }

        Assert.NotEmpty(Faults(Good[..^512], acceptForeign: true));
    }

    [Fact]
    public void Zeros_behind_the_end_are_another_programs()
    {
        byte[] file = [.. Good, .. new byte[8192]];
        Assert.Empty(Faults(file, acceptForeign: true));
        Assert.NotEmpty(Faults(file, acceptForeign: false));
        file[^1] = 1;
        Assert.NotEmpty(Faults(file, acceptForeign: true));
    }

    [Fact]
    public void An_archive_is_known_by_its_first_member()
    {
        Assert.True(XvaChecker.IsXva(new MemoryImage("x.xva", Good)));
        Assert.False(XvaChecker.IsXva(new MemoryImage("x.xva", Good[1024..])));
        Assert.False(XvaChecker.IsXva(new MemoryImage("x.xva", [])));
    }

    private static XvaDisk Empty(string reference, long length) =>
        new(reference, new AllocationMapBuilder(length, 65536).Build());

    private static ImageLayout Layout(TestDisk disk, string machine) =>
        XvaLayout.Create(Encoding.ASCII.GetBytes(machine), [new XvaDisk("Ref:7", disk.Map())], Time);

    private static byte[] Read(TestDisk disk, string machine) => LayoutReader.ReadAll(Layout(disk, machine), disk);

    private static string[] Faults(byte[] file, bool acceptForeign) =>
        [.. XvaChecker.Check(new MemoryImage("x.xva", file), new CheckOptions(acceptForeign)).Take(20)
            .Select(fault => fault.ToString())];

    /// <summary>Reads a tar archive as the standard says, and asserts the hashes.</summary>
    private static List<(string Name, byte[] Bytes)> Members(byte[] file)
    {
        List<(string Name, byte[] Bytes)> members = [];
        for (int offset = 0; file[offset] != 0;)
        {
            string name = Encoding.ASCII.GetString(file, offset, 100).TrimEnd('\0');
            int length = Convert.ToInt32(Encoding.ASCII.GetString(file, offset + 124, 11), 8);
            Assert.Equal("00000011064", Encoding.ASCII.GetString(file, offset + 136, 11));
            byte[] bytes = file[(offset + 512)..(offset + 512 + length)];
            if (name.EndsWith(".xxhash", StringComparison.Ordinal))
            {
                Assert.Equal(members[^1].Name + ".xxhash", name);
                Assert.Equal(Convert.ToHexString(XxHash64.Hash(members[^1].Bytes)), Encoding.ASCII.GetString(bytes));
            }

            members.Add((name, bytes));
            offset += 512 + (length + 511) / 512 * 512;
        }

        return members;
    }
}
