using Microsoft.Extensions.Logging;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>
/// Blocks of disks that never change, kept in files from mount to mount. A block is what was written, checked at each
/// read, or it is fetched as if it had never been kept; files may be damaged or deleted at any time. Several mounts may
/// share a directory. Thread-safe.
/// </summary>
public sealed class BlockStore : IAsyncDisposable
{
    private readonly BlockStoreOptions _options;
    private readonly StoreCounters _counters = new();
    private readonly StoreWriter _writer;
    private readonly ILogger _logger;

    internal BlockStore(BlockStoreOptions options, IStoreFiles files, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _writer = new StoreWriter(options, files, _counters, logger);
    }

    /// <summary>How it is now.</summary>
    public StoreStatus Status => _counters.Describe(_options, _writer.UsedBytes, _writer.Trouble);

    /// <summary>Opens a directory, and makes it if it is not there.</summary>
    /// <exception cref="DiskException">BadSource: blocks cannot be kept there; the message says why, and what to
    /// do.</exception>
    public static BlockStore Open(BlockStoreOptions options, ILogger logger)
    {
        string directory = options.Directory;
        try
        {
            string? parent = Path.GetDirectoryName(directory);
            if (!Directory.Exists(directory) && !Directory.Exists(parent))
            {
                throw Unusable(directory, $"{parent} does not exist", "make it first", null);
            }

            PrivateFiles.CreateDirectory(directory);
            if (!PrivateFiles.IsOurs(directory))
            {
                throw Unusable(
                    directory, "others may write to it, and so into what is read", $"chmod go-w {directory}", null);
            }

            // Found out now, not when the first block is to be written.
            string probe = Path.Combine(directory, $"{Guid.NewGuid():N}{PrivateFiles.UnfinishedExtension}");
            PrivateFiles.Write(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(
                directory, exception.Message, "name a directory of your own that can be written to", exception);
        }

        return new BlockStore(options, StoreFiles.Instance, logger);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>Puts what is kept of a content in front of its source.</summary>
    /// <returns>Null when nothing of the disk is to be kept.</returns>
    internal StoredDisk? TryOpen(IDisk source, StoredContent content, BlockCache cache)
    {
        if (_writer.IsForgotten(content.Key.Disk))
        {
            return null;
        }

        BlockIndex index = new(cache);
        try
        {
            IndexLoader.Load(_options.Directory, content.Key, source.Length, index);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.StoreFailed(_logger, _options.Directory, exception.Message);
        }

        return new StoredDisk(source, content, index, _counters, _options.TimeProvider, _logger);
    }

    /// <summary>Takes a block to be written; never waits.</summary>
    internal void Offer(QueuedBlock block) => _writer.Offer(block);

    /// <summary>Lets nothing of a disk be kept any more, in this mount, and nothing be found that was.</summary>
    /// <param name="disk">As in <see cref="ContentKey.Disk"/>.</param>
    internal void Forget(string disk) => _writer.Forget(disk);

    private static DiskException Unusable(string directory, string cause, string cure, Exception? inner) => new(
        DiskErrorKind.BadSource, $"cannot keep blocks in {directory} (--cache-dir): {cause}; {cure}", inner);
}
