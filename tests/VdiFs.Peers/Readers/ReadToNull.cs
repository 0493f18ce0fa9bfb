using System.Globalization;
using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Readers;

/// <summary>dd of disk.raw, or of its beginning.</summary>
/// <param name="Bytes">How much, in whole MiB; null: all of it.</param>
internal sealed record ReadToNull(long? Bytes = null) : IReader
{
    public Sample Read(Track track, DiskFile disk, ServedFile file)
    {
        long bytes = Math.Min(Bytes ?? disk.Size, disk.Size);
        Reading reading = Stopclock.Time(track, file, Command(file.Path, bytes));
        // From the page cache, mostly: what dd was given is compared.
        Verify.Beginning(track, disk, file.Path, bytes);
        return reading.Transfer(bytes);
    }

    public static IReadOnlyList<string> Command(string path, long bytes) =>
    [
        "dd", $"if={path}", "of=/dev/null", "bs=1M", "iflag=count_bytes",
        $"count={bytes.ToString(CultureInfo.InvariantCulture)}",
    ];
}
