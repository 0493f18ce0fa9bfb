using VdiFs.Formats.Allocation;
using VdiFs.Nbd;

namespace VdiFs.Disks.Servers;

/// <summary>An export of an NBD server as a disk. Owns its client.</summary>
internal sealed class NbdDisk(NbdClient client) : IDisk
{
    public long Length => client.Export.Length;

    /// <summary>Makes a disk of a connected client, which it owns from now on, and reads its allocation.</summary>
    /// <exception cref="NbdException">The server failed; the client is closed.</exception>
    public static async Task<OpenedSource> OpenAsync(NbdClient client, CancellationToken cancellationToken)
    {
        try
        {
            bool tells = NbdAllocationReader.CanRead(client.Export);
            AllocationMap map = tells
                ? await NbdAllocationReader
                    .ReadAsync(client.Export.Length, client.GetBlockStatusAsync, cancellationToken)
                    .ConfigureAwait(false)
                : AllocationMap.Full(client.Export.Length, AllocationMap.DefaultGranuleBytes);
            AllocationOrigin origin = tells ? AllocationOrigin.BlockStatus : AllocationOrigin.None;
            return new OpenedSource(new NbdDisk(client), map, origin, () => Describe(client));
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        try
        {
            await client.ReadAsync(diskOffset, destination, cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            throw exception.ToDiskException();
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static SourceStatus Describe(NbdClient client) => new(client.ConnectionCount, [], null, null);
}
