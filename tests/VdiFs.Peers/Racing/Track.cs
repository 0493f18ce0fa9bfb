using VdiFs.EndToEnd.Harness;

namespace VdiFs.Peers.Racing;

/// <summary>The place of one run.</summary>
internal sealed class Track(Bench bench)
{
    public Bench Bench => bench;

    /// <summary>Put before every command of clients and daemons: another user, or one processor.</summary>
    public IReadOnlyList<string> Prefix { get; private set; } = [];

    /// <summary>Put before the server's command.</summary>
    public IReadOnlyList<string> ServerPrefix { get; private set; } = [];

    /// <summary>Process ids of the servers that were started here, in order.</summary>
    public List<int> Servers { get; } = [];

    /// <summary>
    /// Everything on one processor: with more, a reader that waits for each answer measures how deep the idle ones
    /// sleep.
    /// </summary>
    public void PinToOneProcessor() => Prefix = ServerPrefix = ["taskset", "-c", "0"];

    /// <summary>Clients and daemons run as nobody, who owns the place.</summary>
    public void BecomePlainUser()
    {
        PlainUser.Own(bench.Directory);
        Prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    }

    /// <summary>A directory that whoever runs the commands may mount on and write to.</summary>
    public string NewDirectory(string name)
    {
        string path = bench.NewDirectory(name);
        if (Prefix is ["setpriv", ..])
        {
            PlainUser.Own(path);
        }

        return path;
    }
}
