using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.Formats;
using VdiFs.Judges.Disks;

namespace VdiFs.Judges.Images;

/// <summary>All formats of a disk as the product itself shows them: judges read the mount, nothing is copied.</summary>
internal static class MountedImages
{
    /// <summary>Mounts the disk; the bench ends the mount.</summary>
    public static IReadOnlyList<JudgedImage> Of(Bench bench, JudgedDisk disk)
    {
        VdifsMount mount = VdifsMount.Start(bench, disk.Source, "--formats", "all");
        Dictionary<string, bool> shown = mount.Information(disk.ExportName).GetProperty("formats").EnumerateArray()
            .ToDictionary(format => format.GetProperty("file").GetString()!, IsShown);
        foreach (ImageFormat format in ImageFormats.All)
        {
            // A format that is silently absent would count as judged.
            Assert.True(shown.ContainsKey(format.FileName), $"info.json does not speak of {format.FileName}");
            Assert.Equal(shown[format.FileName], File.Exists(mount.File(format.FileName, disk.ExportName)));
        }

        return
        [
            .. ImageFormats.All
                .Where(format => shown[format.FileName])
                .Select(format => new JudgedImage(format.Name, mount.File(format.FileName, disk.ExportName), disk)),
        ];
    }

    private static bool IsShown(JsonElement format) =>
        !format.TryGetProperty("refusal", out JsonElement refusal) || refusal.ValueKind == JsonValueKind.Null;
}
