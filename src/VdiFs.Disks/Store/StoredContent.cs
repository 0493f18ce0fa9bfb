namespace VdiFs.Disks.Store;

/// <summary>That a disk's blocks may be kept from mount to mount, since its content never changes.</summary>
/// <param name="Store">Where.</param>
/// <param name="Key">Which content it is.</param>
/// <param name="Name">The disk, for people, without secrets.</param>
internal sealed record StoredContent(BlockStore Store, ContentKey Key, string Name)
{
    /// <summary>Throws a <see cref="DiskException"/> when the disk may not be what it was after all.</summary>
    public Action ThrowIfChanged { get; init; } = static () => { };
}
