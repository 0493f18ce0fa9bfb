using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats.Vhdx;

public sealed class VhdxLayoutTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int TableOffset = 3 * Mebibyte;
    private const long Tebibyte = 1L << 40;

    // Blocks 0 and 3 of five; the last has one sector.
    private static readonly TestDisk Disk = TestDisk.With(8 * Mebibyte + 512, 1, 97);

    private static DiskIdentity ParentIdentity { get; } = new(
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), TestDisk.SomeIdentity.SnapshotTime.AddDays(-1));

    [Fact]
    public void File_starts_with_the_signature_and_the_creator()
    {
        byte[] file = Read(Disk);
        Assert.Equal("vhdxfilev\0d\0i\0f\0s\0\0\0"u8.ToArray(), file[..20]);
    }

    [Theory]
    [InlineData(0x10000, 1)]
    [InlineData(0x20000, 2)]
    public void Headers_differ_in_the_sequence_number_and_name_an_empty_log(int offset, ulong sequenceNumber)
    {
        byte[] file = Read(Disk);
        Span<byte> header = file.AsSpan(offset, 4096);
        Assert.Equal("head"u8.ToArray(), header[..4].ToArray());
        Assert.Equal(sequenceNumber, BinaryPrimitives.ReadUInt64LittleEndian(header[8..]));
        Assert.NotEqual(Guid.Empty, new Guid(header.Slice(16, 16)));
        Assert.NotEqual(Guid.Empty, new Guid(header.Slice(32, 16)));
        Assert.Equal(Guid.Empty, new Guid(header.Slice(48, 16)));
        // Log version 0, version 1, 1 MiB of log at 1 MiB.
        Assert.Equal(
            "0000" + "0100" + "00001000" + "0000100000000000", Convert.ToHexString(header[64..80]));
        AssertCrc32C(header);
        Assert.Equal(-1, file.AsSpan(Mebibyte, Mebibyte).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0x30000)]
    [InlineData(0x40000)]
    public void Region_tables_name_metadata_and_table(int offset)
    {
        Span<byte> table = Read(Disk).AsSpan(offset, 65536);
        Assert.Equal("regi"u8.ToArray(), table[..4].ToArray());
        Assert.Equal(
            "0200000000000000"
            + "06A27C8B90479A4BB8FE575F050F886E" + "0000200000000000" + "00001000" + "01000000"
            + "6677C22D23F600429D64115E9BFD4A08" + "0000300000000000" + "00001000" + "01000000",
            Convert.ToHexString(table[8..80]));
        AssertCrc32C(table);
    }

    [Fact]
    public void Metadata_of_a_full_image_has_five_items()
    {
        Span<byte> region = Read(Disk).AsSpan(2 * Mebibyte, Mebibyte);
        Assert.Equal(
            "6D65746164617461" + "0000" + "0500" + new string('0', 40)
            + "3767A1CA36FA434DB3B633F0AA44E76B" + "00000100" + "08000000" + "04000000" + "00000000"
            + "2442A52F1BCD7648B2115DBED83BF4B8" + "08000100" + "08000000" + "06000000" + "00000000"
            + "AB12CABEE6B2234593EFC309E000C746" + "10000100" + "10000000" + "06000000" + "00000000"
            + "1DBF41816FA90947BA47F233A8FAAB5F" + "20000100" + "04000000" + "06000000" + "00000000"
            + "C748A3CD5D4471449CC9E9885251C556" + "24000100" + "04000000" + "06000000" + "00000000",
            Convert.ToHexString(region[..192]));
        Span<byte> items = region[65536..];
        Assert.Equal("0000200000000000" + "0002800000000000", Convert.ToHexString(items[..16]));
        Assert.Equal("00020000" + "00100000", Convert.ToHexString(items[32..40]));
    }

    [Fact]
    public void Entries_of_stored_blocks_name_the_MiB_and_the_others_say_zero()
    {
        byte[] file = Read(Disk);
        Assert.Equal(
            "0600400000000000" + "0200000000000000" + "0200000000000000" + "0600600000000000" + "0200000000000000"
            + "0000000000000000",
            Convert.ToHexString(file.AsSpan(TableOffset, 48)));
        Assert.Equal(8 * Mebibyte, file.Length);
        Assert.Equal(Disk.Content[65536..131072], file[(4 * Mebibyte + 65536)..(4 * Mebibyte + 131072)]);
        Assert.Equal(
            Disk.Content[(97 * 65536)..(98 * 65536)], file[(6 * Mebibyte + 65536)..(6 * Mebibyte + 131072)]);
    }

    [Fact]
    public void Delta_names_its_parent_and_has_sector_bitmaps_of_changed_blocks()
    {
        // Block 1 changed and is not allocated any more: its zeros are stored.
        byte[] file = ReadDelta(Disk, 0, 32);
        // Partly present at 5 and 7 MiB; one bitmap at 4 MiB, in the last entry of the chunk.
        Assert.Equal(
            "0700500000000000" + "0700700000000000" + "0000000000000000",
            Convert.ToHexString(file.AsSpan(TableOffset, 24)));
        Assert.Equal("0600400000000000", Convert.ToHexString(file.AsSpan(TableOffset + 2048 * 8, 8)));
        Span<byte> bitmap = file.AsSpan(4 * Mebibyte, Mebibyte);
        Assert.Equal(-1, bitmap[..1024].IndexOfAnyExcept((byte)0xFF));
        Assert.Equal(-1, bitmap[1024..].IndexOfAnyExcept((byte)0));
        Assert.Equal(Disk.Content[..(2 * Mebibyte)], file[(5 * Mebibyte)..(7 * Mebibyte)]);
        Assert.Equal(new byte[2 * Mebibyte], file[(7 * Mebibyte)..]);

        string parentId = DataWriteOfParent().ToString("B");
        Span<byte> items = file.AsSpan(2 * Mebibyte + 65536, 1024);
        Assert.Equal("02000000", Convert.ToHexString(items[4..8]));
        Span<byte> locator = items[40..];
        Assert.Equal(
            "B7EF4AB09ED1814AB78925B8E9445913" + "0000" + "0200"
            + "2C000000" + "48000000" + "1C00" + "4C00" + "94000000" + "AE000000" + "1A00" + "1800",
            Convert.ToHexString(locator[..44]));
        Assert.Equal(
            "parent_linkage" + parentId + "relative_path" + @".\older.vhdx",
            Encoding.Unicode.GetString(locator[44..(0xAE + 0x18)]));
    }

    [Fact]
    public void Table_of_a_disk_of_9_TiB_has_entries_of_bitmaps_between_those_of_32_MiB_blocks()
    {
        const long Block = 32L * Mebibyte;
        AllocationMapBuilder builder = new(9 * Tebibyte, 65536);
        builder.Mark(127 * Block, 1);
        builder.Mark(128 * Block, 1);
        builder.Mark(9 * Tebibyte - 1, 1);
        ImageLayout layout = ImageFormats.Find("vhdx")!.CreateLayout(TestDisk.SomeIdentity, builder.Build());
        // 294912 entries and 2303 of bitmaps take 3 MiB.
        Assert.Equal((6 + 3 * 32) * (long)Mebibyte, layout.Length);
        byte[] entries = new byte[32];
        ReadMetadata(layout, TableOffset + 126 * 8, entries);
        Assert.Equal(
            "0200000000000000" + "0600600000000000" + "0000000000000000" + "0600600200000000",
            Convert.ToHexString(entries));
        ReadMetadata(layout, TableOffset + (294_912 + 2303 - 1) * 8, entries);
        Assert.Equal("0600600400000000" + new string('0', 48), Convert.ToHexString(entries));
    }

    [Fact]
    public void Full_disk_of_64_TiB_takes_17_MiB_of_table_and_no_memory_for_it()
    {
        AllocationMap map = AllocationMap.Full(64 * Tebibyte, 65536);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageLayout layout = ImageFormats.Find("vhdx")!.CreateLayout(TestDisk.SomeIdentity, map);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 * 1024);
        Assert.Equal(20L * Mebibyte + 64 * Tebibyte, layout.Length);
        Assert.Equal(
            new Segment(SegmentKind.Disk, 64 * Tebibyte - 10, 10), layout.Locate(layout.Length - 10, long.MaxValue));
        Assert.NotNull(ImageFormats.Find("vhdx")!.RefusalFor(64 * Tebibyte + 1));
    }

    [Fact]
    public void Bitmap_blocks_of_a_delta_are_there_for_changed_chunks_only()
    {
        // Chunks of 4 GiB: 0 and 2 of three.
        long length = 12L << 30;
        AllocationMapBuilder changed = new(length, 65536);
        changed.Mark(0, 1);
        changed.Mark(9L << 30, 1);
        ImageFormat vhdx = ImageFormats.Find("vhdx")!;
        ImageLayout layout = vhdx.CreateDelta(
            TestDisk.SomeIdentity,
            AllocationMap.Full(length, 65536),
            changed.Build(),
            new ParentImage(ParentIdentity, length, vhdx, "older.vhdx"));
        Assert.Equal((4 + 2 + 4) * (long)Mebibyte, layout.Length);
        byte[] entry = new byte[8];
        string[] found = [.. new[] { 0L, 2048, 2 * 2049 - 1, 2 * 2049 + 512, 3 * 2049 - 1 }.Select(index =>
        {
            ReadMetadata(layout, TableOffset + index * 8, entry);
            return Convert.ToHexString(entry[..4]);
        })];
        Assert.Equal(["07006000", "06004000", "00000000", "07008000", "06005000"], found);
        byte[] bits = new byte[3];
        ReadMetadata(layout, 5 * Mebibyte + 512 * 512 - 1, bits);
        Assert.Equal("00FFFF", Convert.ToHexString(bits));
    }

    [Fact]
    public void A_parent_of_another_length_or_name_is_refused()
    {
        ImageFormat vhdx = ImageFormats.Find("vhdx")!;
        Assert.Null(vhdx.RefusalForDelta(512, new ParentImage(ParentIdentity, 512, vhdx, "older.vhdx")));
        Assert.NotNull(vhdx.RefusalForDelta(512, new ParentImage(ParentIdentity, 1024, vhdx, "older.vhdx")));
        Assert.NotNull(vhdx.RefusalForDelta(512, new ParentImage(ParentIdentity, 512, vhdx, @"..\older.vhdx")));
        Assert.NotNull(vhdx.RefusalForDelta(
            512, new ParentImage(ParentIdentity, 512, ImageFormats.Find("vhd")!, "older.vhd")));
    }

    /// <summary>Bit by bit, as the polynomial says.</summary>
    private static void AssertCrc32C(Span<byte> record)
    {
        byte[] bytes = record.ToArray();
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
        bytes.AsSpan(4, 4).Clear();
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
            }
        }

        Assert.Equal(~sum, found);
    }

    private static void ReadMetadata(ImageLayout layout, long fileOffset, byte[] destination)
    {
        Segment segment = layout.Locate(fileOffset, destination.Length);
        Assert.Equal((SegmentKind.Metadata, destination.Length), (segment.Kind, (int)segment.Length));
        layout.ReadMetadata(segment.SourceOffset, destination);
    }

    private static Guid DataWriteOfParent()
    {
        ImageLayout layout = ImageFormats.Find("vhdx")!.CreateLayout(
            ParentIdentity, AllocationMap.Full(Disk.Content.Length, 65536));
        byte[] header = new byte[64];
        ReadMetadata(layout, 0x10000, header);
        return new Guid(header.AsSpan(32, 16));
    }

    private static byte[] Read(TestDisk disk) =>
        LayoutReader.ReadAll(ImageFormats.Find("vhdx")!.CreateLayout(disk.Identity, disk.Map()), disk);

    private static byte[] ReadDelta(TestDisk disk, params int[] changedGranules)
    {
        AllocationMapBuilder changed = new(disk.Content.Length, 65536);
        foreach (int granule in changedGranules)
        {
            changed.Mark(granule * 65536, 1);
        }

        ImageFormat vhdx = ImageFormats.Find("vhdx")!;
        ParentImage parent = new(ParentIdentity, disk.Content.Length, vhdx, "older.vhdx");
        return LayoutReader.ReadAll(vhdx.CreateDelta(disk.Identity, disk.Map(), changed.Build(), parent), disk);
    }
}
