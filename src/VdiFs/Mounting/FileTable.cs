using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Ova;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Fuse;
using VdiFs.Tree;
using VdiFs.Tree.Blocks;

namespace VdiFs.Mounting;

/// <summary>
/// Makes the content of the tree's files, when it is first needed, and keeps it for as long as its node is there.
/// Thread-safe.
/// </summary>
internal sealed class FileTable(MountTree tree, BlockCache cache, MountStatus status, ILogger logger)
{
    private readonly ConcurrentDictionary<Node, IFuseFile> _files = new();
    private readonly ConcurrentDictionary<BlocksNode, BlockFiles> _blocks = new();

    /// <summary>A file whose content is ready.</summary>
    public bool TryGet(ulong nodeId, [NotNullWhen(true)] out IFuseFile? file)
    {
        file = null;
        return tree.FindBlocks(nodeId) is { } blocks
            ? _blocks.TryGetValue(blocks, out BlockFiles? files) && files.TryGet(nodeId, out file)
            : tree.Find(nodeId) is { } node && TryGet(node, out file);
    }

    /// <summary>A file whose content is ready.</summary>
    public bool TryGet(Node node, [NotNullWhen(true)] out IFuseFile? file) => _files.TryGetValue(node, out file);

    /// <summary>A file, ready to be read; opens its disk if that is still closed.</summary>
    /// <exception cref="FuseException">EFBIG: no such image can hold the disk; EIO: it cannot be opened; ESTALE: it is
    /// gone by now.</exception>
    public async ValueTask<IFuseFile> PrepareAsync(Node node, CancellationToken cancellationToken)
    {
        if (node is StatusNode)
        {
            return _files[node] = new TextFile(status.Write());
        }

        if (TryGet(node, out IFuseFile? ready))
        {
            return ready;
        }

        return node switch
        {
            ImageNode image => await OpenImageAsync(image, cancellationToken),
            MachineNode machine => await OpenMachineAsync(machine, cancellationToken),
            InformationNode { Disk.MapCosts: true } information =>
                new TextFile(DiskInformation.Write(information.Disk)),
            InformationNode information => await DescribeAsync(information, cancellationToken),
            DocumentNode document => new TextFile(document.Document.Write()),
            VhdRecordNode record => await OpenRecordAsync(record, cancellationToken),
            BlockNode block => (await EnterAsync(block.Blocks, cancellationToken)).Get(block),
            _ => throw new FuseException(Errno.EISDIR, $"node {node.Id} is a directory", null),
        };
    }

    /// <summary>Finds out which data blocks a directory has; opens its disk if that is still closed.</summary>
    /// <exception cref="FuseException">As <see cref="PrepareAsync(Node, CancellationToken)"/>.</exception>
    public async ValueTask<BlockFiles> EnterAsync(BlocksNode blocks, CancellationToken cancellationToken)
    {
        if (_blocks.TryGetValue(blocks, out BlockFiles? known))
        {
            return known;
        }

        (OpenDisk disk, VhdDirectory content) = await OpenDirectoryAsync(blocks.Disk, cancellationToken);
        BlockFiles files = _blocks.GetOrAdd(blocks, new BlockFiles(content, disk));
        blocks.Show(content);
        ThrowIfGone(blocks);
        return files;
    }

    /// <summary>Drops the content of a node that is gone; whoever reads it just now is told so at once.</summary>
    public void Forget(Node node)
    {
        if (node is BlocksNode blocks && _blocks.TryRemove(blocks, out BlockFiles? files))
        {
            files.End();
        }

        if (_files.TryRemove(node, out IFuseFile? file) && file is ImageFile image)
        {
            image.End();
        }
    }

    private async ValueTask<IFuseFile> OpenImageAsync(ImageNode node, CancellationToken cancellationToken)
    {
        ThrowIfRefused(node.Refusal);
        (OpenDisk disk, AllocationMap map) = await OpenDiskAsync(node.Disk, node.Format.IsPacked, cancellationToken);
        ThrowIfRefused(node.Refusal);
        ImageLayout layout = node.Format.CreateLayout(node.Disk.Identity, map);
        FuseBacking? backing =
            node.Format.IsVerbatim && disk.LocalFile is { } local ? new FuseBacking(local) : null;
        IFuseFile file = Keep(node, new ImageFile(layout, [disk], node.UsedAs, node.Usage) { Backing = backing });
        status.Watch(node.Disk, file.Backing);
        return file;
    }

    private async ValueTask<IFuseFile> OpenMachineAsync(MachineNode node, CancellationToken cancellationToken)
    {
        List<OpenDisk> disks = [];
        List<MachineDisk> members = [];
        foreach (CatalogDisk member in node.Content.Disks)
        {
            (OpenDisk disk, AllocationMap map) = await OpenDiskAsync(member.Entry, isPacked: true, cancellationToken);
            disks.Add(disk);
            members.Add(new MachineDisk(member.Name, member.Entry.Identity, map));
        }

        MachineDescription machine = node.Content.Describe(node.ModifiedTime, members);
        ThrowIfRefused(OvaLayout.RefusalFor(machine));
        return Keep(node, new ImageFile(OvaLayout.Create(machine), disks, node.UsedAs, node.Usage));
    }

    private async ValueTask<IFuseFile> OpenRecordAsync(VhdRecordNode node, CancellationToken cancellationToken)
    {
        (OpenDisk disk, VhdDirectory content) = await OpenDirectoryAsync(node.Disk, cancellationToken);
        return Keep(node, new ImageFile(content.Find(node.Name)!, [disk], node.UsedAs, node.Usage));
    }

    private async ValueTask<(OpenDisk Disk, VhdDirectory Content)> OpenDirectoryAsync(
        DiskEntry entry, CancellationToken cancellationToken)
    {
        ThrowIfRefused(entry.KnownLength is { } length ? VhdDirectory.RefusalFor(length) : null);
        (OpenDisk disk, AllocationMap map) = await OpenDiskAsync(entry, isPacked: true, cancellationToken);
        ThrowIfRefused(VhdDirectory.RefusalFor(map.DiskLength));
        return (disk, VhdDirectory.Create(entry.Identity, map));
    }

    private async ValueTask<(OpenDisk Disk, AllocationMap Map)> OpenDiskAsync(
        DiskEntry entry, bool isPacked, CancellationToken cancellationToken)
    {
        try
        {
            OpenDisk disk = await entry.OpenAsync(cache, cancellationToken);
            return (disk, isPacked ? await disk.GetPackingMapAsync(cancellationToken) : disk.Map);
        }
        catch (DiskException exception)
        {
            DaemonLog.DiskNotOpened(logger, entry.Origin, exception.Message);
            throw exception.ToFuseException();
        }
    }

    private async ValueTask<IFuseFile> DescribeAsync(InformationNode node, CancellationToken cancellationToken)
    {
        await node.Disk.WaitForDescriptionAsync(cancellationToken);
        try
        {
            await node.Disk.OpenAsync(cache, cancellationToken);
            return Keep(node, new TextFile(DiskInformation.Write(node.Disk)));
        }
        catch (DiskException exception)
        {
            // Not kept: the next look may find the server again.
            return new TextFile(DiskInformation.WriteFailure(node.Disk, exception.Message));
        }
    }

    private IFuseFile Keep(Node node, IFuseFile file)
    {
        IFuseFile kept = _files.GetOrAdd(node, file);
        ThrowIfGone(node);
        return kept;
    }

    private void ThrowIfGone(Node node)
    {
        if (node.IsGone)
        {
            // Whoever forgets what is gone may have been here before the file was.
            Forget(node);
            throw new FuseException(Errno.ESTALE, $"node {node.Id} is gone", null);
        }
    }

    private static void ThrowIfRefused(string? refusal)
    {
        if (refusal is not null)
        {
            throw new FuseException(Errno.EFBIG, refusal, null);
        }
    }
}
