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

    /// <summary>Waits until nothing holds these any more; returns how many something still holds.</summary>
    /// <remarks>A thread of the pool may hold for a moment what it has just finished with.</remarks>
    public static async Task<int> AliveAsync(IReadOnlyCollection<WeakReference> objects, TimeSpan patience)
    {
        using CancellationTokenSource bound = new(patience);
        while (CountAlive(objects) > 0 && !bound.IsCancellationRequested)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        return CountAlive(objects);
    }

    private static int CountAlive(IEnumerable<WeakReference> objects)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return objects.Count(reference => reference.IsAlive);
    }
}
