using VdiFs.Formats;
using VdiFs.Formats.Reading;

namespace VdiFs.Tests.Formats.Reading;

/// <summary>Images of test disks as files in memory, and what readers say of them.</summary>
internal static class Images
{
    internal static CheckOptions Strict { get; } = new(AcceptForeign: false);

    internal static CheckOptions Foreign { get; } = new(AcceptForeign: true);

    /// <summary>A full image's bytes.</summary>
    internal static byte[] Write(string format, TestDisk disk) =>
        LayoutReader.ReadAll(ImageFormats.Find(format)!.CreateLayout(disk.Identity, disk.Map()), disk);

    /// <summary>A delta's bytes, on top of a file "base" in another or the same format.</summary>
    internal static byte[] WriteDelta(string format, TestDelta delta, string parentFormat, string parentName) =>
        LayoutReader.ReadAll(
            ImageFormats.Find(format)!.CreateDelta(
                delta.Child.Identity, delta.Child.Map(), delta.Changed, ParentOf(delta, parentFormat, parentName)),
            delta.Child);

    internal static ParentImage ParentOf(TestDelta delta, string format, string name) =>
        new(delta.Parent.Identity, delta.Parent.Content.Length, ImageFormats.Find(format)!, name);

    internal static ImageReader Open(byte[] file, Dictionary<string, byte[]>? directory = null) =>
        ImageReaders.Open(new MemoryImage("image", file, directory));

    /// <summary>The disk in an image and its parents.</summary>
    internal static byte[] ReadDisk(ImageReader image)
    {
        byte[] disk = new byte[image.DiskLength];
        disk.AsSpan().Fill(0xA5);
        new ImageContent(image).Read(0, disk);
        return disk;
    }

    /// <summary>The disk as images hold it: in whole sectors.</summary>
    internal static byte[] Padded(TestDisk disk) => ImageModel.WholeSectors(disk);

    /// <summary>What is wrong with a file, from opening it to its last structure; at most a few, each as a line.
    /// </summary>
    internal static string[] Faults(byte[] file, CheckOptions options, Dictionary<string, byte[]>? directory = null)
    {
        const int Enough = 20;
        try
        {
            return [.. Open(file, directory).Check(options).Take(Enough).Select(fault => fault.ToString())];
        }
        catch (ImageFormatException exception)
        {
            return [exception.Message];
        }
    }
}
