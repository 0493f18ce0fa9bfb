namespace VdiFs.Tests.Formats;

/// <summary>Measures what code allocates on its own thread.</summary>
internal static class Allocated
{
    private const int Runs = 5;

    /// <summary>The least of several runs, in bytes: a collection that another test starts adds what is left of this
    /// thread's allocation buffer to one of them, up to 8 KiB; what the code allocates is in each.</summary>
    public static long BytesBy(Action action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
