namespace VdiFs.EndToEnd.Harness;

/// <summary>Waits for a fact of another process, bounded.</summary>
internal static class Wait
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static void Until(Func<bool> condition, string what)
    {
        Assert.True(TryUntil(condition), $"did not happen within {Limit.TotalSeconds} s: {what}");
    }

    public static bool TryUntil(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }

            Thread.Sleep(10);
        }

        return true;
    }
}
