using System.Formats.Tar;
using System.Xml.Linq;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Ova;
using VdiFs.Formats.Vmdk;
using Xunit;

namespace VdiFs.Tests.Formats.Ova;

public sealed class OvaLayoutTests
{
    private static readonly TestDisk Root = TestDisk.With(5_000_001, 0, 1, 31, 32, 33, 70, 76);
    private static readonly TestDisk Data = TestDisk.With(3_000_000, 2, 40);

    [Fact]
    public void The_members_are_the_descriptor_and_the_disks_in_the_order_of_its_references()
    {
        List<(string Name, byte[] Bytes)> members = Members(Archive(Machine("web01"), Root, Data));
        Assert.Equal(
            ["web01.ovf", "web01-disk1.vmdk", "web01-disk2.vmdk"], members.Select(member => member.Name));
        XElement references = XDocument.Load(new MemoryStream(members[0].Bytes)).Root!.Elements().First();
        Assert.Equal(
            members.Skip(1).Select(member => (member.Name, (long)member.Bytes.Length)),
            references.Elements().Select(file => (Ovf(file, "href"), long.Parse(Ovf(file, "size")))));
        foreach ((TestDisk disk, (string name, byte[] bytes)) in new[] { Root, Data }.Zip(members.Skip(1)))
        {
            ImageLayout alone = VmdkStreamLayout.Create(
                disk.Map(),
                VmdkDescriptor.OfSparse(disk.Identity, "ova", "streamOptimized", disk.Content.Length, name));
            Assert.Equal(LayoutReader.ReadAll(alone, disk), bytes);
        }
    }

    [Fact]
    public void Any_slice_equals_the_slice_of_the_whole()
    {
        MachineDescription machine = Machine("web01");
        ImageLayout layout = OvaLayout.Create(machine);
        byte[] whole = Archive(machine, Root, Data);
        Random random = new(1);
        for (int slice = 0; slice < 500; slice++)
        {
            int offset = random.Next(whole.Length);
            int length = Math.Min(random.Next(1, 5000), whole.Length - offset);
            byte[] bytes = LayoutReader.Read(layout, [Root, Data], offset, length, random.Next(1, 6000));
            Assert.Equal<byte>(whole.AsSpan(offset, length), bytes.AsSpan());
        }
    }

    [Fact]
    public void Two_builds_give_the_same_bytes_and_the_archive_is_data_throughout()
    {
        ImageLayout layout = OvaLayout.Create(Machine("web01"));
        Assert.Equal(
            LayoutReader.Read(layout, [Root, Data], 0, (int)layout.Length, long.MaxValue),
            Archive(Machine("web01"), Root, Data));
        Assert.Equal(layout.Length, layout.AllocatedBytes);
        Assert.Equal(layout.Length, layout.SeekHole(0));
    }

    [Fact]
    public void A_member_of_8_GiB_or_more_has_its_true_length()
    {
        const long Length = 20L << 30;
        MachineDescription machine = Machine("big") with
        {
            Disks = [new MachineDisk("root", TestDisk.SomeIdentity, AllocationMap.Full(Length, 65536))],
        };
        ImageLayout layout = OvaLayout.Create(machine);
        byte[] descriptorHeader = new byte[512];
        layout.ReadMetadata(layout.Locate(0, 512).SourceOffset, descriptorHeader);
        long diskHeader = 512 + VdiFs.Formats.Tar.TarHeader.PaddedLength(
            VdiFs.Formats.Tar.TarHeader.Read(descriptorHeader).Length);
        byte[] header = new byte[512];
        layout.ReadMetadata(layout.Locate(diskHeader, 512).SourceOffset, header);
        Assert.Equal(0x80, header[124]);
        Assert.Equal(
            layout.Length - diskHeader - 512 - 1024, VdiFs.Formats.Tar.TarHeader.Read(header).Length);
        Assert.Equal(
            new Segment(SegmentKind.Disk, 0, 32768),
            layout.Locate(diskHeader + 512 + 65536 + 19, long.MaxValue));
    }

    [Theory]
    [InlineData("web01", "web01")]
    [InlineData("Ünïcode & <Spaß>\"'", "_n_code____Spa____")]
    [InlineData("../../etc/passwd", "_.._etc_passwd")]
    [InlineData("-rf", "rf")]
    [InlineData("", "machine")]
    [InlineData("日本", "machine")]
    public void Names_of_files_are_plain(string machine, string expected)
    {
        Assert.Equal(expected, OvfNames.BaseName(machine));
    }

    [Fact]
    public void The_longest_names_stay_below_100_characters()
    {
        string name = OvfNames.BaseName(new string('n', 5000));
        Assert.InRange(OvfNames.DiskFile(name, 59).Length, 64, 99);
    }

    [Fact]
    public void Sixty_disks_have_places_of_their_own_and_one_more_is_refused()
    {
        MachineDisk disk = new("one of many", Data.Identity, Data.Map());
        MachineDescription full = Machine("full") with { Disks = [.. Enumerable.Repeat(disk, 60)] };
        XDocument document = Descriptor(full, [.. Enumerable.Repeat(Data, 60)]);
        var places = document.Descendants().Where(item => item.Name.LocalName == "Item" && Value(item, "ResourceType") == "17")
            .Select(item => (Value(item, "Parent"), Value(item, "AddressOnParent"))).ToList();
        Assert.Equal(60, places.Distinct().Count());
        Assert.DoesNotContain("7", places.Select(place => place.Item2));
        Assert.Equal(
            "The machine has 61 disks: an appliance has controllers for 60.",
            OvaLayout.RefusalFor(full with { Disks = [.. full.Disks, disk] }));
    }

    [Fact]
    public void A_disk_that_the_format_cannot_hold_is_named()
    {
        MachineDescription machine = Machine("web01") with
        {
            Disks = [new MachineDisk("data", TestDisk.SomeIdentity, AllocationMap.Full(2L << 40, 65536))],
        };
        Assert.StartsWith("Disk \"data\": The disk has so much data", OvaLayout.RefusalFor(machine));
        Assert.Throws<ImageFormatException>(() => OvaLayout.Create(machine));
    }

    /// <summary>An appliance of two disks.</summary>
    internal static byte[] Archive() => Archive(Machine("web01"), Root, Data);

    internal static MachineDescription Machine(string name) => new(
        name,
        TestDisk.SomeIdentity.SnapshotTime,
        ProcessorCount: 2,
        MemoryBytes: (4L << 30) + 1,
        MachineFirmware.Uefi,
        [
            new MachineDisk("root", Root.Identity, Root.Map()),
            new MachineDisk("data & <more>\u0001", Data.Identity, Data.Map()),
        ]);

    internal static XDocument Descriptor(MachineDescription machine, params TestDisk[] disks) =>
        XDocument.Load(new MemoryStream(Members(Archive(machine, disks))[0].Bytes));

    internal static XDocument Descriptor(MachineDescription machine) => Descriptor(machine, Root, Data);

    private static string Ovf(XElement element, string name) =>
        element.Attribute(XName.Get(name, "http://schemas.dmtf.org/ovf/envelope/1"))!.Value;

    private static string? Value(XElement item, string name) =>
        item.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;

    private static byte[] Archive(MachineDescription machine, params TestDisk[] disks)
    {
        ImageLayout layout = OvaLayout.Create(machine);
        return LayoutReader.Read(layout, disks, 0, (int)layout.Length, long.MaxValue);
    }

    private static List<(string Name, byte[] Bytes)> Members(byte[] archive)
    {
        Assert.Equal(0, archive.Length % 512);
        Assert.False(archive.AsSpan(archive.Length - 1024).ContainsAnyExcept((byte)0));
        using TarReader reader = new(new MemoryStream(archive));
        List<(string, byte[])> members = [];
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            Assert.Equal(TestDisk.SomeIdentity.SnapshotTime, entry.ModificationTime);
            byte[] bytes = new byte[entry.Length];
            entry.DataStream!.ReadExactly(bytes);
            members.Add((entry.Name, bytes));
        }

        return members;
    }
}
