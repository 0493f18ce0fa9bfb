using System.Globalization;
using System.Text;

namespace VdiFs.Formats.Ova;

/// <summary>
/// The descriptor of an appliance (DMTF DSP8023, OVF envelope 1). Written as text: elements stand in the order of the
/// schema, and no library decides about a byte.
/// </summary>
internal static class OvfDocument
{
    private const string CimSchema = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";

    internal static string Create(MachineDescription machine, string baseName, IReadOnlyList<OvfDisk> disks)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="{CimSchema}CIM_ResourceAllocationSettingData" xmlns:vssd="{CimSchema}CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
              <References>

            """);
        for (int index = 0; index < disks.Count; index++)
        {
            text.Append(CultureInfo.InvariantCulture, $"""
                    <File ovf:href="{disks[index].FileName}" ovf:id="file{index + 1}" ovf:size="{disks[index].FileLength}"/>

                """);
        }

        text.Append("""
              </References>
              <DiskSection>
                <Info>Virtual disks</Info>

            """);
        for (int index = 0; index < disks.Count; index++)
        {
            text.Append(CultureInfo.InvariantCulture, $"""
                    <Disk ovf:capacity="{Sector.Count(disks[index].Map.DiskLength) * Sector.Bytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk{index + 1}" ovf:fileRef="file{index + 1}" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized" ovf:populatedSize="{disks[index].Map.AllocatedBytes}"/>

                """);
        }

        text.Append(CultureInfo.InvariantCulture, $"""
              </DiskSection>
              <VirtualSystem ovf:id="{baseName}">
                <Info>A virtual machine</Info>
                <Name>{XmlText.Escape(machine.Name)}</Name>
                <OperatingSystemSection ovf:id="1">
                  <Info>The operating system</Info>
                </OperatingSystemSection>
                <VirtualHardwareSection>
                  <Info>Virtual hardware</Info>
                  <System>
                    <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
                    <vssd:InstanceID>0</vssd:InstanceID>
                    <vssd:VirtualSystemIdentifier>{XmlText.Escape(machine.Name)}</vssd:VirtualSystemIdentifier>
                    <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
                  </System>

            """);
        OvfHardware.AppendItems(text, machine, disks);
        string firmware = machine.Firmware == MachineFirmware.Uefi ? "efi" : "bios";
        text.Append(CultureInfo.InvariantCulture, $"""
                  <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="{firmware}"/>
                </VirtualHardwareSection>
              </VirtualSystem>
            </Envelope>

            """);
        return text.ToString();
    }
}
