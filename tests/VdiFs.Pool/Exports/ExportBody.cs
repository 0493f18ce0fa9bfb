using VdiFs.Pool.Faults;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Exports;

/// <summary>The body of an export on its way: counts, tells the task, and ends early when told to.</summary>
/// <param name="stream">The client.</param>
/// <param name="faults">What goes wrong.</param>
/// <param name="progress">Told whole percents.</param>
internal sealed class ExportBody(Stream stream, PoolFaults faults, Action<int> progress)
{
    private long _position;
    private int _percent;

    /// <summary>Bytes that will have been written at the end; for progress only.</summary>
    internal long ExpectedBytes { get; set; } = long.MaxValue;

    /// <exception cref="XapiFailureException">The export is to fail here.</exception>
    /// <exception cref="ExportTruncatedException">The export is to end here.</exception>
    /// <exception cref="ClientGoneException">The client hung up.</exception>
    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        long failAt = faults.ExportErrorAt ?? long.MaxValue;
        long endAt = faults.ExportTruncateAt ?? long.MaxValue;
        long rest = Math.Min(failAt, endAt) - _position;
        if (rest <= bytes.Length)
        {
            await SendAsync(bytes[..(int)Math.Max(0, rest)], cancellationToken);
            throw endAt <= failAt ? new ExportTruncatedException() : Failure(faults);
        }

        await SendAsync(bytes, cancellationToken);
        int percent = (int)Math.Min(100, (decimal)_position * 100 / ExpectedBytes);
        if (percent > _percent)
        {
            _percent = percent;
            progress(percent);
        }
    }

    /// <summary>The error that an export is told to end with.</summary>
    internal static XapiFailureException Failure(PoolFaults faults) => faults.ExportError is { Count: > 0 } error
        ? new XapiFailureException(error[0], error.Skip(1))
        : new XapiFailureException("INTERNAL_ERROR", "the export was told to fail");

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(Spoiled(bytes), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (IOException error)
        {
            throw new ClientGoneException(error);
        }

        _position += bytes.Length;
    }

    private ReadOnlyMemory<byte> Spoiled(ReadOnlyMemory<byte> bytes)
    {
        if (faults.ExportNoiseAt is not { } noiseAt || noiseAt >= _position + bytes.Length)
        {
            return bytes;
        }

        byte[] spoiled = bytes.ToArray();
        new Random(1).NextBytes(spoiled.AsSpan((int)Math.Max(0, noiseAt - _position)));
        return spoiled;
    }
}
