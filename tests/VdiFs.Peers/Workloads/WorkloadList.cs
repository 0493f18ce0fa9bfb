namespace VdiFs.Peers.Workloads;

/// <summary>All workloads, in the order of their names.</summary>
internal static class WorkloadList
{
    public static IReadOnlyList<IWorkload> All { get; } =
    [
        new SequentialReads(),
        new ImageCopies("W2", ("vhd", "vpc")),
        new ImageCopies("W3", ("vmdk", "vmdk"), ("qcow2", "qcow2")),
        new RandomReads(),
        new SlowLinks(),
        new FourReaders(),
        new Starts(),
        new SpecialServers(),
        new LargeAndMany(),
    ];
}
