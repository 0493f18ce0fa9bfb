using System.Xml.Linq;
using VdiFs.Formats.Ova;
using Xunit;

namespace VdiFs.Tests.Formats.Ova;

/// <summary>What the DMTF's schema demands of an envelope, by hand: it is in no package of the distribution.</summary>
public sealed class OvfDocumentTests
{
    private static readonly XNamespace Envelope = "http://schemas.dmtf.org/ovf/envelope/1";
    private static readonly XNamespace Rasd =
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData";

    private static readonly XNamespace Vssd =
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData";

    private static readonly XNamespace Vmw = "http://www.vmware.com/schema/ovf";

    private readonly XElement _root = OvaLayoutTests.Descriptor(OvaLayoutTests.Machine("Web & <1>\n")).Root!;

    [Fact]
    public void Sections_stand_in_the_order_of_the_schema()
    {
        Assert.Equal(Envelope + "Envelope", _root.Name);
        Assert.Equal(
            [Envelope + "References", Envelope + "DiskSection", Envelope + "VirtualSystem"],
            _root.Elements().Select(element => element.Name));
        XElement system = _root.Element(Envelope + "VirtualSystem")!;
        Assert.Equal(
            ["Info", "Name", "OperatingSystemSection", "VirtualHardwareSection"],
            system.Elements().Select(element => element.Name.LocalName));
        XElement hardware = system.Element(Envelope + "VirtualHardwareSection")!;
        Assert.Equal(
            ["Info", "System", "Item", "Item", "Item", "Item", "Item", "Config"],
            hardware.Elements().Select(element => element.Name.LocalName));
        Assert.Equal("Web & <1>\n", system.Element(Envelope + "Name")!.Value);
    }

    [Fact]
    public void Every_reference_has_its_target()
    {
        string[] files = [.. Attributes("References", "id")];
        Assert.Equal(["file1", "file2"], files);
        Assert.Equal(files, Attributes("DiskSection", "fileRef"));
        Assert.Equal(
            Attributes("DiskSection", "diskId").Select(id => "ovf:/disk/" + id),
            Items().Where(item => Value(item, "ResourceType") == "17").Select(item => Value(item, "HostResource")));
        string?[] ids = [.. Items().Select(item => Value(item, "InstanceID"))];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(
            Items().Select(item => Value(item, "Parent")).Where(parent => parent is not null),
            parent => Assert.Contains(parent, ids));
    }

    [Fact]
    public void Items_of_the_CIM_schema_have_their_elements_in_alphabetical_order_and_what_is_required()
    {
        foreach (XElement item in Items())
        {
            string[] names = [.. item.Elements().Select(element => element.Name.LocalName)];
            Assert.Equal(names.Order(StringComparer.Ordinal), names);
            Assert.All(item.Elements(), element => Assert.Equal(Rasd, element.Name.Namespace));
            Assert.Subset(names.ToHashSet(), new HashSet<string> { "ElementName", "InstanceID", "ResourceType" });
        }

        XElement system = _root.Descendants(Envelope + "System").Single();
        Assert.Equal(
            [
                Vssd + "ElementName", Vssd + "InstanceID", Vssd + "VirtualSystemIdentifier",
                Vssd + "VirtualSystemType",
            ],
            system.Elements().Select(element => element.Name));
    }

    [Fact]
    public void Figures_are_those_of_the_machine()
    {
        // 5000001 and 3000000 bytes in whole sectors; what is allocated, without the end behind the disk.
        Assert.Equal(["5000192", "3000320"], Attributes("DiskSection", "capacity"));
        Assert.Equal(["412481", "131072"], Attributes("DiskSection", "populatedSize"));
        Assert.Equal(["2", "4097"], Items().Take(2).Select(item => Value(item, "VirtualQuantity")));
        Assert.Equal("lsilogic", Value(Items().ElementAt(2), "ResourceSubType"));
        Assert.Equal("data & <more>\uFFFD", Value(Items().Last(), "ElementName"));
        XElement config = _root.Descendants(Vmw + "Config").Single();
        Assert.Equal("efi", config.Attribute(Vmw + "value")!.Value);
        XElement bios = OvaLayoutTests.Descriptor(
            OvaLayoutTests.Machine("b") with { Firmware = MachineFirmware.Bios }).Descendants(Vmw + "Config").Single();
        Assert.Equal("bios", bios.Attribute(Vmw + "value")!.Value);
    }

    private IEnumerable<string> Attributes(string section, string name) =>
        _root.Element(Envelope + section)!.Elements().Where(element => element.Name.LocalName != "Info")
            .Select(element => element.Attribute(Envelope + name)!.Value);

    private IEnumerable<XElement> Items() => _root.Descendants(Envelope + "Item");

    private static string? Value(XElement item, string name) => item.Element(Rasd + name)?.Value;
}
