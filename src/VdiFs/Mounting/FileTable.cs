using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Formats;
using VdiFs.Fuse;
using VdiFs.Tree;

namespace VdiFs.Mounting;

/// <summary>Makes the content of the tree's files, when it is first needed, and keeps it. Thread-safe.</summary>
internal sealed class FileTable(BlockCache cache, MountStatus status, ILogger logger)
{
    private readonly ConcurrentDictionary<ulong, IFuseFile> _files = new();

    /// <summary>A file whose content is ready.</summary>
    public bool TryGet(ulong nodeId, [NotNullWhen(true)] out IFuseFile? file) => _files.TryGetValue(nodeId, out file);

    /// <summary>A file, ready to be read; opens its disk if that is still closed.</summary>
    /// <exception cref="FuseException">EFBIG: no such image can hold the disk; EIO: it cannot be opened.</exception>
    public async ValueTask<IFuseFile> PrepareAsync(Node node, CancellationToken cancellationToken)
    {
        switch (node)
        {
            case ImageNode image:
                return TryGet(node.Id, out IFuseFile? ready) ? ready : await OpenImageAsync(image, cancellationToken);
            case InformationNode information:
                return TryGet(node.Id, out ready) ? ready : await DescribeAsync(information, cancellationToken);
            case StatusNode:
                return _files[node.Id] = new TextFile(status.Write());
            default:
                throw new FuseException(Errno.EISDIR, $"{node.Name} is a directory", null);
        }
    }

    private async ValueTask<IFuseFile> OpenImageAsync(ImageNode node, CancellationToken cancellationToken)
    {
        ThrowIfRefused(node);
        OpenDisk disk;
        try
        {
            disk = await node.Disk.OpenAsync(cache, cancellationToken);
        }
        catch (DiskException exception)
        {
            DaemonLog.DiskNotOpened(logger, node.Disk.Origin, exception.Message);
            throw exception.ToFuseException();
        }

        ThrowIfRefused(node);
        ImageLayout layout = node.Format.CreateLayout(node.Disk.Identity, disk.Map);
        return _files.GetOrAdd(node.Id, new ImageFile(layout, disk));
    }

    private async ValueTask<IFuseFile> DescribeAsync(InformationNode node, CancellationToken cancellationToken)
    {
        try
        {
            OpenDisk disk = await node.Disk.OpenAsync(cache, cancellationToken);
            return _files.GetOrAdd(node.Id, new TextFile(DiskInformation.Write(node.Disk, disk)));
        }
        catch (DiskException exception)
        {
            // Not kept: the next look may find the server again.
            return new TextFile(DiskInformation.WriteFailure(node.Disk, exception.Message));
        }
    }

    private static void ThrowIfRefused(ImageNode node)
    {
        if (node.Refusal is { } reason)
        {
            throw new FuseException(Errno.EFBIG, reason, null);
        }
    }
}
