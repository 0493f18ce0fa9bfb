using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>Contestants of the usual kinds.</summary>
internal static class Entrants
{
    public const string Nbdfuse = "nbdfuse";
    public const string Nbdfuse1 = "nbdfuse, 1 connection";
    public const string QemuExport = "qemu FUSE export";
    public const string Xmount = "xmount, local file";
    public const string Nbdcopy = "nbdcopy";
    public const string NbdcopyToNull = "nbdcopy to null";

    public const string DirectIo = "vdifs --direct-io";
    public const string SmallCache = "vdifs --cache-size 64M";

    // What nbdfuse takes of a server that allows several, and what vdifs does.
    private const int NbdfuseConnections = 4;

    /// <summary>The product, first, and the two peers that mount what NBD servers have.</summary>
    public static IReadOnlyList<(string Name, IMountPeer Peer)> Mounts { get; } =
    [
        (Contestant.Vdifs, new VdifsMountPeer()),
        (Nbdfuse, new NbdfusePeer(NbdfuseConnections)),
        (QemuExport, new QemuExportPeer()),
    ];

    /// <summary>A mount whose file is read.</summary>
    public static Contestant Mount(string name, IMountPeer peer, Func<Track, Source> serve, IReader reader) =>
        new(name, track =>
        {
            Source source = serve(track);
            return reader.Read(track, source.Disk, peer.Start(track, source));
        });

    /// <summary>What a mount can reach at most.</summary>
    public static Contestant Ceiling(MemoryPeer peer, Func<Track, Source> serve, IReader reader) =>
        Mount(Contestant.Ceiling, peer, serve, reader);

    /// <summary>The product without the kernel's page cache.</summary>
    public static Contestant WithDirectIo(
        Func<Track, Source> serve, IReader reader, string fileName = VdifsMountPeer.RawName) =>
        Mount(DirectIo, new VdifsMountPeer(fileName, "--direct-io"), serve, reader);

    /// <summary>The product with little memory of its own, which has to be fresh.</summary>
    public static Contestant WithSmallCache(Func<Track, Source> serve, IReader reader) =>
        Mount(SmallCache, new VdifsMountPeer(VdifsMountPeer.RawName, "--cache-size", "64M"), serve, reader);

    /// <summary><see cref="Mounts"/>, each read the same way.</summary>
    public static IReadOnlyList<Contestant> NbdMounts(Func<Track, Source> serve, IReader reader) =>
        [.. Mounts.Select(entrant => Mount(entrant.Name, entrant.Peer, serve, reader))];

    /// <summary>A program that copies to a file.</summary>
    public static Contestant ToFile(string name, CopyProgram program, Func<Track, Source> serve) =>
        new(name, track => program.ToFile(track, serve(track)));

    /// <summary>A program that copies to nowhere.</summary>
    public static Contestant ToNull(string name, CopyProgram program, Func<Track, Source> serve) =>
        new(name, track => program.ToNull(track, serve(track)));
}
