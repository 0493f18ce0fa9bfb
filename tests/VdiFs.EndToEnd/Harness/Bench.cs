namespace VdiFs.EndToEnd.Harness;

/// <summary>
/// The place of one test: a directory, and what was started there. Disposing ends all of it in reverse order and fails
/// when a mount or a process stayed behind (which it then removes, so that the next test starts clean).
/// </summary>
internal sealed class Bench : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();

    public string Directory { get; } = RunRoot.NewBench();

    public string PathOf(string name) => Path.Combine(Directory, name);

    public string NewDirectory(string name)
    {
        System.IO.Directory.CreateDirectory(PathOf(name));
        return PathOf(name);
    }

    public T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Push(thing);
        return thing;
    }

    public void Dispose()
    {
        List<Exception> failures = [];
        while (_owned.TryPop(out IDisposable? thing))
        {
            try
            {
                thing.Dispose();
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        CheckNothingLeft(failures);
        if (MountTable.AtOrBelow(Directory).Count == 0)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private void CheckNothingLeft(List<Exception> failures)
    {
        // Signals take a moment; what is still there after the wait is left behind.
        if (!Wait.TryUntil(() => ProcessTable.Mentioning(Directory + "/").Count == 0))
        {
            foreach (int pid in ProcessTable.Mentioning(Directory + "/"))
            {
                failures.Add(new InvalidOperationException($"left running: {pid} {ProcessTable.CommandLineOf(pid)}"));
                _ = Native.Kill(pid, Native.Sigkill);
            }
        }

        foreach (string point in MountTable.AtOrBelow(Directory).Reverse())
        {
            failures.Add(new InvalidOperationException($"left mounted: {point}"));
            Command.Run("umount", "-l", point);
        }
    }
}
