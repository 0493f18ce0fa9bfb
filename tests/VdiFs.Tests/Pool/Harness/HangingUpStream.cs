namespace VdiFs.Tests.Pool.Harness;

/// <summary>A client that takes so many bytes and is gone then.</summary>
internal sealed class HangingUpStream(int capacity) : MemoryStream
{
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Length + buffer.Length > capacity)
        {
            throw new IOException("Broken pipe");
        }

        await base.WriteAsync(buffer, cancellationToken);
    }
}
