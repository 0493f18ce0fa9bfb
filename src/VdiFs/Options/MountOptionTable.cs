using System.CommandLine;

namespace VdiFs.Options;

/// <summary>The arguments and options of `vdifs mount`.</summary>
internal sealed class MountOptionTable
{
    private static readonly PermissionBits DefaultFileMode = new(0x124); // 0444
    private static readonly PermissionBits DefaultDirectoryMode = new(0x16D); // 0555

    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "nbd://host[:port][/export], nbd+unix:///[export]?socket=PATH, nbds for either with TLS; "
            + "xapi://[user@]host for a XenServer or XCP-ng pool; or the path of a local image (raw; qcow2, vhd, vhdx, "
            + "vmdk and vdi through qemu-nbd)",
    };

    private readonly Argument<string> _mountPoint = OptionFactory.Path("MOUNTPOINT", "An empty directory");

    private readonly Option<bool> _foreground =
        OptionFactory.Flag("--foreground", "Stay in the foreground until unmounted", "-f");

    private readonly Option<FormatSelection> _formats = OptionFactory.Valued(
        "--formats", "LIST",
        $"Formats that directories list, of {FormatSelection.Names}, or all; the others open by name all the same",
        FormatSelection.Default, ValueReaders.Formats, $"'all' or a list of {FormatSelection.Names}");

    private readonly Option<ByteSize?> _cacheSize = OptionFactory.Valued<ByteSize?>(
        "--cache-size", "SIZE",
        "Memory for blocks of the disks that are kept, 4M to 1T [default: 256M in rest, up to 1G while somebody reads "
        + "and 4G while readers ask for what has just gone, but no more than an eighth of the machine's, or a quarter of "
        + "one below 1G; or what --memory-limit leaves]",
        null, ValueReaders.CacheSize, "a size of 4M to 1T, such as 256M");

    private readonly Option<ByteSize?> _memoryLimit = OptionFactory.Valued<ByteSize?>(
        "--memory-limit", "SIZE", MemoryPlan.Description, null, ValueReaders.MemoryLimit, MemoryPlan.Expected);

    private readonly Option<int> _connections = OptionFactory.Valued(
        "--connections", "N", "Connections per disk to a server that allows several, 1 to 16",
        4, ValueReaders.Connections, "a number of 1 to 16");

    private readonly Option<DurationText> _readDeadline = OptionFactory.Valued(
        "--read-deadline", "DURATION", "How long a read tries for its bytes before it fails, 1s to 1d",
        new DurationText(TimeSpan.FromMinutes(5)), ValueReaders.ReadDeadline,
        "a duration of 1s to 1d, such as 30s or 5m");

    private readonly Option<DateTimeOffset?> _snapshotTime = OptionFactory.Valued<DateTimeOffset?>(
        "--snapshot-time", "TIME",
        "When the disks' content was fixed, in ISO 8601; else a local image's own time, or the time of the mount",
        null, ValueReaders.Time, "a time such as 2026-01-31T02:00:00Z");

    private readonly Option<bool> _allowOther = OptionFactory.Flag("--allow-other", "Let other users in");

    private readonly Option<bool> _directIo = OptionFactory.Flag(
        "--direct-io",
        "Bypass the kernel's page cache: faster for a program that reads once and in large pieces (cp, dd bs=1M), slower "
        + "for small reads and for whoever reads again");

    private readonly Option<bool> _passthrough = OptionFactory.Flag(
        "--passthrough",
        "Let the kernel read disk.raw straight from a local raw image, where root mounts and Linux is 6.9 or later. For "
        + "images that nobody cuts: in one that is cut, reads end early, and only open and close fail");

    private readonly Option<uint?> _uid = OptionFactory.Valued<uint?>(
        "--uid", "N", "Owner of all files; else whoever mounts", null, ValueReaders.UserOrGroup, "a user id");

    private readonly Option<uint?> _gid = OptionFactory.Valued<uint?>(
        "--gid", "N", "Group of all files; else that of whoever mounts", null, ValueReaders.UserOrGroup, "a group id");

    private readonly Option<PermissionBits> _fileMode = OptionFactory.Valued(
        "--file-mode", "MODE", "Permissions of files, octal; write bits are dropped",
        DefaultFileMode, ValueReaders.Mode, "an octal mode such as 0440");

    private readonly Option<PermissionBits> _directoryMode = OptionFactory.Valued(
        "--dir-mode", "MODE", "Permissions of directories, octal; write bits are dropped",
        DefaultDirectoryMode, ValueReaders.Mode, "an octal mode such as 0550");

    private readonly StoreOptionTable _store = new();

    private readonly PoolOptionTable _pool = new();

    private readonly TlsOptionTable _tls = new();

    private readonly LogOptionTable _log = new();

    public void AddTo(Command command)
    {
        command.Arguments.Add(_source);
        command.Arguments.Add(_mountPoint);
        Option[] options =
        [
            _foreground, _formats, _cacheSize, _memoryLimit, _connections, _readDeadline, _snapshotTime, _allowOther,
            _directIo, _passthrough, _uid, _gid, _fileMode, _directoryMode,
        ];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        _store.AddTo(command);
        _pool.AddTo(command);
        _tls.AddTo(command);
        _log.AddTo(command);
    }

    /// <exception cref="UsageException">Two options contradict each other.</exception>
    public MountOptions Read(ParseResult result)
    {
        if (result.GetValue(_passthrough) && result.GetValue(_directIo))
        {
            throw new UsageException(
                "--passthrough and --direct-io contradict each other: one leaves the daemon out of reads, the other asks "
                + "it for each; give one of them");
        }

        string mountPoint = Path.GetFullPath(result.GetRequiredValue(_mountPoint));
        MemoryPlan memory = MemoryPlan.For(
            result.GetValue(_cacheSize)?.Bytes,
            result.GetValue(_memoryLimit)?.Bytes,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return Read(result, mountPoint, memory);
    }

    private MountOptions Read(ParseResult result, string mountPoint, MemoryPlan memory) => new()
    {
        Source = result.GetRequiredValue(_source),
        MountPoint = mountPoint,
        Foreground = result.GetValue(_foreground),
        Formats = result.GetRequiredValue(_formats),
        Memory = memory,
        Store = _store.Read(result, mountPoint, memory),
        Connections = result.GetValue(_connections),
        ReadDeadline = result.GetValue(_readDeadline).Duration,
        SnapshotTime = result.GetValue(_snapshotTime),
        AllowOther = result.GetValue(_allowOther),
        DirectIo = result.GetValue(_directIo),
        Passthrough = result.GetValue(_passthrough),
        Uid = result.GetValue(_uid),
        Gid = result.GetValue(_gid),
        FileMode = result.GetValue(_fileMode),
        DirectoryMode = result.GetValue(_directoryMode),
        Pool = _pool.Read(result),
        PasswordFile = _pool.PasswordFile(result),
        Tls = _tls.Read(result),
        Log = _log.Read(result),
    };
}
