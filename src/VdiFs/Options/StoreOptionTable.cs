using System.CommandLine;
using VdiFs.Disks.Store;

namespace VdiFs.Options;

/// <summary>The options for blocks that are kept in files.</summary>
internal sealed class StoreOptionTable
{
    /// <summary>Of the memory for blocks on their way, the part that may wait to be written.</summary>
    private const int QueueDivisor = 4;

    private readonly Option<string?> _directory = OptionFactory.Valued<string?>(
        "--cache-dir", "DIR",
        "Directory that keeps blocks of disks that never change for later mounts: a pool's snapshots, and an NBD "
        + "server's disks when --snapshot-time is given; several mounts may share it",
        null, ValueReaders.Text, "a directory");

    private readonly Option<ByteSize> _size = OptionFactory.Valued(
        "--cache-dir-size", "SIZE", "What all files in --cache-dir may take, 64M to 64T; the least recently used go",
        new ByteSize(BlockStoreOptions.DefaultSizeBytes), ValueReaders.StoreSize, "a size of 64M to 64T, such as 10G");

    private readonly Option<ByteSize> _minimumFree = OptionFactory.Valued(
        "--cache-dir-min-free", "SIZE", "What stays free on the file system of --cache-dir, 0 to 64T",
        new ByteSize(BlockStoreOptions.DefaultMinimumFreeBytes), ValueReaders.StoreMinimumFree,
        "a size of 0 to 64T, such as 1G");

    public void AddTo(Command command)
    {
        Option[] options = [_directory, _size, _minimumFree];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Null when nothing is to be kept in files.</summary>
    /// <exception cref="UsageException">The directory lies in the mount itself.</exception>
    public BlockStoreOptions? Read(ParseResult result, string mountPoint, MemoryPlan memory)
    {
        if (result.GetValue(_directory) is not { } given)
        {
            return null;
        }

        string directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given));
        if ((directory + '/').StartsWith(Path.TrimEndingDirectorySeparator(mountPoint) + '/', StringComparison.Ordinal))
        {
            throw new UsageException($"--cache-dir {given} lies below {mountPoint}, which the mount hides");
        }

        return new BlockStoreOptions
        {
            Directory = directory,
            SizeBytes = result.GetRequiredValue(_size).Bytes,
            MinimumFreeBytes = result.GetRequiredValue(_minimumFree).Bytes,
            QueueBytes = memory.CacheOptions.InFlightBytes / QueueDivisor,
        };
    }
}
