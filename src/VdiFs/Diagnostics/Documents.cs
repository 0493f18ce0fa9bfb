namespace VdiFs.Diagnostics;

/// <summary>The content of info.json.</summary>
/// <param name="Name">The disk's name at its source.</param>
/// <param name="Description">What the source says about it.</param>
/// <param name="Source">What it is read from.</param>
/// <param name="Uuid">The uuid that its files are derived from.</param>
/// <param name="SnapshotTime">The time that its files bear.</param>
/// <param name="LayoutVersion">Files of one version have the same bytes for ever.</param>
/// <param name="Length">The disk's length in bytes; null if it could not be opened.</param>
/// <param name="AllocatedBytes">Bytes that hold data, in whole granules; null if it is not open.</param>
/// <param name="Allocation">Where the allocation is known from, and what follows if it is not.</param>
/// <param name="Formats">The disk's files.</param>
/// <param name="Error">Why the disk could not be opened.</param>
internal sealed record DiskInformationDocument(
    string Name,
    string? Description,
    string Source,
    Guid Uuid,
    DateTimeOffset SnapshotTime,
    int LayoutVersion,
    long? Length,
    long? AllocatedBytes,
    string? Allocation,
    IReadOnlyList<FormatDocument> Formats,
    string? Error);

/// <summary>One format in info.json.</summary>
/// <param name="File">The file's name beside info.json.</param>
/// <param name="Length">Its length in bytes, of a directory that of all files in it; null if it is refused, or not known without opening the disk.</param>
/// <param name="Refusal">Why the format cannot hold the disk.</param>
internal sealed record FormatDocument(string File, long? Length, string? Refusal);

/// <summary>The content of status.json.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Pid">The daemon's process id.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="MountTime">Since when.</param>
/// <param name="Cache">The block cache.</param>
/// <param name="CacheDirectory">What is kept in files; null: nothing is (--cache-dir).</param>
/// <param name="Memory">The memory of the daemon.</param>
/// <param name="DiskCount">How many disks the source has.</param>
/// <param name="Disks">The disks, open or not; where opening costs the source something, the open ones alone.</param>
internal sealed record StatusDocument(
    string Version,
    int Pid,
    string Source,
    string MountPoint,
    DateTimeOffset MountTime,
    CacheDocument Cache,
    StoreDocument? CacheDirectory,
    MemoryDocument Memory,
    int DiskCount,
    IReadOnlyList<DiskStatusDocument> Disks);

/// <summary>The block cache in status.json.</summary>
/// <param name="CapacityBytes">Its limit at present.</param>
/// <param name="UsedBytes">What it holds.</param>
internal sealed record CacheDocument(long CapacityBytes, long UsedBytes);

/// <summary>The blocks kept in files in status.json; counters since the mount.</summary>
/// <param name="Directory">Where.</param>
/// <param name="LimitBytes">What the files may take.</param>
/// <param name="UsedBytes">What they take, as last looked at; those of other mounts included.</param>
/// <param name="Hits">Blocks read from them.</param>
/// <param name="Misses">Blocks of disks kept there that had to be fetched.</param>
/// <param name="BytesRead">Bytes read from them.</param>
/// <param name="Written">Blocks written to them.</param>
/// <param name="BytesWritten">Bytes written to them.</param>
/// <param name="Skipped">Blocks that were not written: too many waited, or there was trouble.</param>
/// <param name="Evicted">Files deleted to make room.</param>
/// <param name="Damaged">Blocks that were found damaged, and fetched instead.</param>
/// <param name="Trouble">Why nothing is written just now; null while that is not so.</param>
internal sealed record StoreDocument(
    string Directory,
    long LimitBytes,
    long UsedBytes,
    long Hits,
    long Misses,
    long BytesRead,
    long Written,
    long BytesWritten,
    long Skipped,
    long Evicted,
    long Damaged,
    string? Trouble);

/// <summary>The daemon's memory in status.json.</summary>
/// <param name="LimitBytes">What the whole process stays below.</param>
/// <param name="ResidentBytes">What it takes now.</param>
/// <param name="BlocksLimitBytes">What blocks of the disks may take, kept or on their way.</param>
/// <param name="BlocksUsedBytes">What they take, promised memory included.</param>
/// <param name="WaitingReads">Reads that wait for memory.</param>
internal sealed record MemoryDocument(
    long LimitBytes, long ResidentBytes, long BlocksLimitBytes, long BlocksUsedBytes, int WaitingReads);

/// <summary>One disk in status.json.</summary>
/// <param name="Name">The disk's name at its source.</param>
/// <param name="Source">What it is read from.</param>
/// <param name="Length">Its length in bytes as far as known.</param>
/// <param name="IsOpen">Whether anybody has needed it yet.</param>
/// <param name="Allocation">Where the allocation is known from; null while closed.</param>
/// <param name="Connections">Connections to the server; 0 for a local file, null while closed.</param>
/// <param name="Passthrough">Whether the kernel reads disk.raw from a local image itself: such reads are in no counter
/// (--passthrough). False until somebody has opened it.</param>
/// <param name="Requests">Reads sent to the source.</param>
/// <param name="BytesFetched">Bytes received from the source.</param>
/// <param name="Failures">Reads that failed.</param>
/// <param name="Servers">The servers that have the disk; empty for a local file or while closed.</param>
/// <param name="LastError">The last error that a reader got, with the chain of its causes.</param>
internal sealed record DiskStatusDocument(
    string Name,
    string Source,
    long? Length,
    bool IsOpen,
    string? Allocation,
    int? Connections,
    bool Passthrough,
    long Requests,
    long BytesFetched,
    long Failures,
    IReadOnlyList<ServerDocument> Servers,
    string? LastError);

/// <summary>One server of a disk in status.json.</summary>
/// <param name="Address">Its URI.</param>
/// <param name="State">idle, connecting, connected, waiting (it failed and is left alone for a moment) or refused
/// (it has another disk now).</param>
/// <param name="Connections">Open connections.</param>
/// <param name="TimesConnected">How often it was connected to.</param>
/// <param name="FailuresInARow">Failures since it last delivered.</param>
/// <param name="LastFailure">Why it failed last.</param>
internal sealed record ServerDocument(
    string Address, string State, int Connections, int TimesConnected, int FailuresInARow, string? LastFailure);
