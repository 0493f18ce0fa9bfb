using System.Text;
using VdiFs.Formats.Engine;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>Holds a flat VMDK to what this product writes: the text, and the length of the file with the bytes.
/// </summary>
internal static class VmdkFlatCheck
{
    internal static IEnumerable<ImageFault> Run(IImageBytes file, VmdkDescriptor descriptor, VmdkFlatContent content)
    {
        foreach (ImageFault fault in VmdkDescriptorCheck.Names(file, 0, descriptor))
        {
            yield return fault;
        }

        VmdkExtent extent = VmdkExtent.Flat(descriptor.Extent.Sectors, descriptor.Extent.FileName);
        string text = VmdkDescriptorCheck.Expected(descriptor, VmdkCreateType.Flat, extent, parent: null).ToText();
        RegionLayout layout = new([new ConstantRegion(Encoding.ASCII.GetBytes(text))]);
        foreach (ImageFault fault in GeneratedBytes.Compare(file, layout, _ => "descriptor"))
        {
            yield return fault;
        }

        if (content.File.Length != content.DiskLength)
        {
            yield return new ImageFault(
                content.File.Name, Math.Min(content.DiskLength, content.File.Length), "length of the extent",
                $"{content.DiskLength} bytes", $"{content.File.Length} bytes");
        }
    }
}
