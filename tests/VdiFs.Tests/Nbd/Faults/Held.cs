using Xunit;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>What the process holds, to find out whether a session gave everything back.</summary>
internal static class Held
{
    /// <summary>Open sockets. Other descriptors come with the runtime, which keeps each assembly's file.</summary>
    public static int Sockets() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>Waits until no more sockets than before are open; returns how many do not go away.</summary>
    public static async Task<int> LeakedSocketsAsync(int before, TimeSpan patience)
    {
        using CancellationTokenSource bound = new(patience);
        while (Sockets() > before && !bound.IsCancellationRequested)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        return Math.Max(0, Sockets() - before);
    }

    /// <summary>How many of these something still holds after a collection.</summary>
    public static int Alive(IEnumerable<WeakReference> objects)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return objects.Count(reference => reference.IsAlive);
    }
}
