using System.CommandLine;
using Microsoft.Extensions.Logging;
using VdiFs.Diagnostics;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Sources;
using VdiFs.Disks.Store;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tree;

namespace VdiFs.Commands;

/// <summary>`vdifs mount SOURCE MOUNTPOINT`: every object of a mount is made here.</summary>
internal static class MountCommand
{
    // A read ends by itself within its deadline; the kernel's requests are cut off a little later, whatever happens.
    private static readonly TimeSpan DeadlineBelt = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var table = new MountOptionTable();
        var command = new Command("mount", "Show the disks of a source as files; returns when they can be read");
        table.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            MountOptions options = table.Read(result);
            string? password = DiskSources.UserOf(options.Source) is { } user
                ? PasswordSource.Read(options.PasswordFile, user)
                : null;
            return options.Foreground || BackgroundProcess.IsChild
                ? RunAsync(options, password is null ? null : new PoolPassword(password), TimeProvider.System)
                : BackgroundProcess.StartAsync(password, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(MountOptions options, PoolPassword? password, TimeProvider time)
    {
        if (BackgroundProcess.IsChild && options.Log.File is { } logFile)
        {
            // Once the parent was told that the mount is there it is too late for this error.
            Logs.EnsureWritable(logFile);
        }

        using ILoggerFactory logs = Logs.Create(options.Log);
        using var signals = new StopSignals();
        DateTimeOffset mountTime = time.GetUtcNow();
        ILogger disksLogger = logs.CreateLogger("vdifs.disks");
        // First of all, so that it outlives whoever brings it blocks.
        await using BlockStore? store = options.Store is null ? null : BlockStore.Open(options.Store, disksLogger);
        var catalogOptions = new CatalogOptions
        {
            Connections = options.Connections,
            ReadDeadline = options.ReadDeadline,
            Tls = options.Tls,
            Pool = options.Pool with { Password = password },
            SnapshotTime = options.SnapshotTime,
            Store = store,
            MountTime = mountTime,
        };
        // Before the catalog, so that it outlives the disks.
        using var cache = new BlockCache(options.Memory.CacheOptions);
        if (!cache.TryReserve())
        {
            throw new UsageException(
                $"the runtime has no {new ByteSize(cache.MemoryLimitBytes)} of memory for blocks of the disks: give a "
                + "smaller --cache-size or --memory-limit, or raise the limit of the group of processes");
        }

        await using IDiskCatalog catalog = await DiskSources.LoadAsync(
            options.Source, catalogOptions, disksLogger, signals.Stopping);
        ILogger logger = logs.CreateLogger("vdifs");
        var tree = new MountTree(catalog.Root, options.Formats.Formats, mountTime);
        var status = new MountStatus(
            catalog, cache, options.Memory.LimitBytes, options.MountPoint, mountTime) { Store = store };
        var files = new FileTable(tree, cache, status, logger);
        bool listsBlocks = options.Formats.Formats.Any(format => format.Name == VhdDirectory.FormatName);
        var fileSystem = new TreeFileSystem(catalog, tree, files, new NodeAttributes(OwnershipOf(options), listsBlocks));
        var fuseOptions = new FuseMountOptions
        {
            AllowOther = options.AllowOther,
            DirectIo = options.DirectIo,
            Passthrough = options.Passthrough,
            RequestDeadline = options.ReadDeadline + DeadlineBelt,
        };
        // Before the server, so that it outlives it.
        await using var follower = new TreeFollower(catalog, tree, files, logger);
        await using FuseServer server = FuseServer.Mount(
            options.MountPoint, fileSystem, fuseOptions, logs.CreateLogger("vdifs.fuse"));
        follower.Start(server);
        DaemonLog.Mounted(logger, catalog.Source, options.MountPoint, catalog.Disks.Count);
        if (!BackgroundProcess.TryReportReady(options.Log.File))
        {
            return ExitCode.Failed;
        }

        FuseEnd end = await ServeAsync(server, signals.Stopping);
        DaemonLog.Unmounted(logger, options.MountPoint, end.ToString());
        return end == FuseEnd.Failed ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<FuseEnd> ServeAsync(FuseServer server, CancellationToken stopping)
    {
        try
        {
            return await server.Completion.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // A busy mount is detached; disposing the server gives its readers a moment and then ends them.
            await server.UnmountAsync(CancellationToken.None);
            return FuseEnd.Unmounted;
        }
    }

    private static Ownership OwnershipOf(MountOptions options) => new(
        options.Uid ?? ProcessIdentity.UserId,
        options.Gid ?? ProcessIdentity.GroupId,
        options.FileMode.Bits,
        options.DirectoryMode.Bits);
}
