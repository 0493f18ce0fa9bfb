namespace VdiFs.Tests.Xapi.Rpc;

/// <summary>Gives at most so many bytes per read.</summary>
internal sealed class DripStream(byte[] bytes, int most) : MemoryStream(bytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
}
