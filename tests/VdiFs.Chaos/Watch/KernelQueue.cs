using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Watch;

/// <summary>The kernel's own count of requests that a FUSE mount has not answered (fusectl: waiting).</summary>
internal sealed class KernelQueue : IDisposable
{
    private readonly string _control;

    private KernelQueue(string control)
    {
        _control = control;
    }

    public static KernelQueue Open(Bench bench)
    {
        string control = bench.NewDirectory("fusectl");
        Command.Ok("mount", "-t", "fusectl", "none", control);
        return bench.Own(new KernelQueue(control));
    }

    /// <summary>Requests in flight of the mount whose root this is.</summary>
    public long InFlight(string mountPoint)
    {
        string minor = MountTable.DeviceOf(mountPoint).Split(':')[1];
        return long.Parse(File.ReadAllText(Path.Combine(_control, minor, "waiting")), CultureInfo.InvariantCulture);
    }

    public void Dispose() => Command.Ok("umount", _control);
}
