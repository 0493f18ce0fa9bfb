using System.Globalization;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Tests.Formats.Models;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats;

/// <summary>
/// Layouts, full and delta, against writers that share no code with them: the whole file, and ranges of it. A sample;
/// scripts/layouts.sh runs it for long, by two variables.
/// </summary>
public sealed class LayoutSweepTests(ITestOutputHelper output)
{
    private static readonly int Layouts = Number("VDIFS_LAYOUTS", 60);
    private static readonly int Ranges = Number("VDIFS_RANGES", 25);

    public static TheoryData<string> Full => LayoutPropertyTests.Modelled;

    [Theory, MemberData(nameof(Full))]
    public void Full_images_equal_the_model(string name)
    {
        Gen.Select(TestDisk.Any, Gen.Int[0, int.MaxValue]).Sample(
            (disk, seed) => AssertEqual(
                ImageModel.Write(name, disk),
                ImageFormats.Find(name)!.CreateLayout(disk.Identity, disk.Map()),
                disk,
                seed),
            iter: Layouts);
        Tell(name);
    }

    [Theory]
    [InlineData("vhd", "vhd")]
    [InlineData("vhd", "packed.vhd")]
    [InlineData("vhd", "fixed.vhd")]
    [InlineData("packed.vhd", "vhd")]
    [InlineData("vmdk", "vmdk")]
    [InlineData("vmdk", "flat.vmdk")]
    [InlineData("qcow2", "qcow2")]
    [InlineData("qcow2", "raw")]
    [InlineData("vhdx", "vhdx")]
    [InlineData("vdi", "vdi")]
    public void Deltas_equal_the_model(string name, string parentFormat)
    {
        const string ParentName = "base.image";
        Gen.Select(TestDelta.Any, Gen.Int[0, int.MaxValue]).Sample(
            (delta, seed) => AssertEqual(
                ImageModel.WriteDelta(name, new ModelParent(delta, parentFormat, ParentName)),
                ImageFormats.Find(name)!.CreateDelta(
                    delta.Child.Identity,
                    delta.Child.Map(),
                    delta.Changed,
                    Images.ParentOf(delta, parentFormat, ParentName)),
                delta.Child,
                seed),
            iter: Layouts);
        Tell($"{name} delta of {parentFormat}");
    }

    private static void AssertEqual(byte[] model, ImageLayout layout, TestDisk disk, int seed)
    {
        Assert.Equal(model.Length, layout.Length);
        Assert.True(model.AsSpan().SequenceEqual(LayoutReader.ReadAll(layout, disk)), "the whole file differs");
        Random random = new(seed);
        int[] lengths = [1, 7, 600, 5000, 131_072];
        for (int range = 0; range < Ranges; range++)
        {
            int offset = random.Next(model.Length);
            int length = Math.Min(random.Next(1, lengths[random.Next(lengths.Length)] + 1), model.Length - offset);
            byte[] bytes = LayoutReader.Read(layout, disk, offset, length, random.Next(1, 2 * length));
            Assert.True(model.AsSpan(offset, length).SequenceEqual(bytes), $"{length} bytes at {offset} differ");
        }
    }

    private static int Number(string variable, int usual) =>
        int.TryParse(
            Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : usual;

    private void Tell(string kind) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"swept {kind}: {Layouts} layouts, {(long)Layouts * Ranges} ranges"));
}
