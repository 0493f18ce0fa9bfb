using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>
/// vm.json: a VM as far as a reader of its disks wants to know it, keys in alphabetical order, no notes of other
/// programs (their values may be secrets).
/// </summary>
internal static class VmDocument
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        // For people as well as programs; the file is no part of a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes it, from what is known already.</summary>
    /// <param name="vm">The VM or snapshot.</param>
    /// <param name="disks">Its disks, by position.</param>
    public static byte[] Write(VmRecord vm, IReadOnlyList<VmDisk> disks)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, Readable))
        {
            json.WriteStartObject();
            json.WriteString("description", vm.NameDescription);
            json.WriteStartArray("disks");
            foreach (VmDisk disk in disks)
            {
                Write(json, disk);
            }

            json.WriteEndArray();
            json.WriteString("firmware", VmMachine.FirmwareOf(vm));
            json.WriteNumber("memory", vm.MaxMemoryBytes);
            json.WriteString("name", vm.NameLabel);
            json.WriteString("powerState", vm.PowerState);
            json.WriteNumber("processors", vm.MaxProcessors);
            if (vm.IsASnapshot)
            {
                json.WriteString("snapshotTime", Text(vm.SnapshotTime));
            }

            json.WriteString("uuid", vm.Uuid);
            json.WriteEndObject();
        }

        return [.. text.WrittenSpan, (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, VmDisk disk)
    {
        json.WriteStartObject();
        json.WriteBoolean("bootable", disk.Vbd.Bootable);
        json.WriteString("device", disk.Vbd.Device);
        json.WriteString("mode", disk.Vbd.Mode);
        json.WriteString("name", disk.Vdi.NameLabel);
        json.WriteString("path", PoolPaths.StableOf(disk.Vdi));
        json.WriteNumber("size", disk.Vdi.VirtualSizeBytes);
        if (disk.Vdi.IsASnapshot)
        {
            json.WriteString("snapshotTime", Text(disk.Vdi.SnapshotTime));
        }

        json.WriteString("userdevice", disk.Vbd.UserDevice);
        json.WriteString("uuid", disk.Vdi.Uuid);
        json.WriteEndObject();
    }

    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
