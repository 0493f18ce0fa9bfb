using System.Globalization;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Store;

namespace VdiFs.Disks.Catalogs;

/// <summary>The content of an NBD server's disk of which the user states that it is fixed (--snapshot-time).</summary>
internal static class StatedContent
{
    /// <summary>Where the blocks of an opened disk are kept.</summary>
    /// <param name="store">Where.</param>
    /// <param name="origin">The disk at its source.</param>
    /// <param name="time">When its content was fixed.</param>
    /// <param name="disk">The disk, connected.</param>
    /// <returns>Null for a disk that cannot be told apart from another.</returns>
    public static StoredContent? Of(BlockStore store, string origin, DateTimeOffset time, FailoverDisk disk)
    {
        IReadOnlyList<Witness> witnesses = disk.FixedWitnesses;
        if (witnesses.Count != ContentFingerprint.FixedPlaces(disk.Length).Count)
        {
            return null;
        }

        // The statement is only as good as who makes it: a disk that looks another is another, whatever is said.
        string[] properties =
        [
            disk.Length.ToString(CultureInfo.InvariantCulture),
            time.UtcTicks.ToString(CultureInfo.InvariantCulture),
            .. witnesses.Select(witness => Convert.ToHexStringLower(witness.Digest)),
        ];
        return new StoredContent(store, ContentKey.Of($"nbd:{origin}", properties), origin);
    }
}
