using VdiFs.Pool.Nbd;

namespace VdiFs.Pool.Exports;

/// <summary>Reads of whole granules, as exports do them.</summary>
internal static class DeviceReader
{
    /// <summary>Fills the destination; past the disk's end with zeros.</summary>
    internal static async Task ReadPaddedAsync(
        NbdDevice device, long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        int there = (int)Math.Min(destination.Length, device.Length - diskOffset);
        await device.ReadAsync(diskOffset, destination[..there], cancellationToken);
        destination.Span[there..].Clear();
    }

    /// <summary>Reads the whole disk and keeps the granules that hold something else than zeros.</summary>
    internal static async Task<IReadOnlyList<long>> ScanAsync(
        NbdDevice device, int granuleBytes, CancellationToken cancellationToken)
    {
        List<long> granules = [];
        byte[] bytes = new byte[granuleBytes];
        for (long granule = 0; granule * granuleBytes < device.Length; granule++)
        {
            await ReadPaddedAsync(device, granule * granuleBytes, bytes, cancellationToken);
            if (bytes.AsSpan().ContainsAnyExcept((byte)0))
            {
                granules.Add(granule);
            }
        }

        return granules;
    }
}
