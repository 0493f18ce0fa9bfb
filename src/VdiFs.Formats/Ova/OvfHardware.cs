using System.Globalization;
using System.Text;

namespace VdiFs.Formats.Ova;

/// <summary>
/// The items of an appliance's virtual hardware: processors, memory, SCSI controllers and the disks on them. The
/// elements of an item stand in alphabetical order, as the CIM schema has them.
/// </summary>
internal static class OvfHardware
{
    /// <summary>As many as VMware has: 4 controllers of 16 places, one of which is the controller itself.</summary>
    internal const int MaxDisks = MaxControllers * DisksPerController;

    private const int MaxControllers = 4;
    private const int DisksPerController = 15;
    private const int PlaceOfController = 7;
    private const long BytesPerMebibyte = 1L << 20;

    // Instance ids; the controllers and then the disks follow.
    private const int Processors = 1;
    private const int Memory = 2;
    private const int FirstController = 3;

    // ResourceType of CIM_ResourceAllocationSettingData.
    private const int ProcessorType = 3;
    private const int MemoryType = 4;
    private const int ScsiControllerType = 6;
    private const int DiskType = 17;

    internal static void AppendItems(StringBuilder text, MachineDescription machine, IReadOnlyList<OvfDisk> disks)
    {
        long mebibytes = Sector.DivideUp(machine.MemoryBytes, BytesPerMebibyte);
        Item(
            ("AllocationUnits", "hertz * 10^6"),
            ("ElementName", $"{machine.ProcessorCount} virtual CPU(s)"),
            ("InstanceID", $"{Processors}"),
            ("ResourceType", $"{ProcessorType}"),
            ("VirtualQuantity", $"{machine.ProcessorCount}"));
        Item(
            ("AllocationUnits", "byte * 2^20"),
            ("ElementName", $"{mebibytes} MB of memory"),
            ("InstanceID", $"{Memory}"),
            ("ResourceType", $"{MemoryType}"),
            ("VirtualQuantity", $"{mebibytes}"));
        int controllers = (int)Sector.DivideUp(disks.Count, DisksPerController);
        for (int controller = 0; controller < controllers; controller++)
        {
            Item(
                ("Address", $"{controller}"),
                ("ElementName", $"SCSI controller {controller}"),
                ("InstanceID", $"{FirstController + controller}"),
                ("ResourceSubType", "lsilogic"),
                ("ResourceType", $"{ScsiControllerType}"));
        }

        for (int disk = 0; disk < disks.Count; disk++)
        {
            (int controller, int place) = Math.DivRem(disk, DisksPerController);
            Item(
                ("AddressOnParent", $"{(place < PlaceOfController ? place : place + 1)}"),
                ("ElementName", disks[disk].Name),
                ("HostResource", $"ovf:/disk/vmdisk{disk + 1}"),
                ("InstanceID", $"{FirstController + controllers + disk}"),
                ("Parent", $"{FirstController + controller}"),
                ("ResourceType", $"{DiskType}"));
        }

        void Item(params ReadOnlySpan<(string Name, string Value)> elements)
        {
            text.Append("      <Item>\n");
            foreach ((string name, string value) in elements)
            {
                text.Append(
                    CultureInfo.InvariantCulture, $"        <rasd:{name}>{XmlText.Escape(value)}</rasd:{name}>\n");
            }

            text.Append("      </Item>\n");
        }
    }
}
