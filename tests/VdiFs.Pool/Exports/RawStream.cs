using VdiFs.Pool.Nbd;

namespace VdiFs.Pool.Exports;

/// <summary>A disk byte for byte.</summary>
internal sealed class RawStream(NbdDevice device)
{
    private const int PieceBytes = 1024 * 1024;

    internal async Task WriteAsync(ExportBody body, CancellationToken cancellationToken)
    {
        body.ExpectedBytes = device.Length;
        byte[] bytes = new byte[PieceBytes];
        for (long offset = 0; offset < device.Length; offset += PieceBytes)
        {
            Memory<byte> piece = bytes.AsMemory(0, (int)Math.Min(PieceBytes, device.Length - offset));
            await device.ReadAsync(offset, piece, cancellationToken);
            await body.WriteAsync(piece, cancellationToken);
        }
    }
}
