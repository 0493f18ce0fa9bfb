namespace VdiFs.Chaos.Readers;

/// <summary>Reads at random places on a thread of its own until it is stopped; an error is a problem.</summary>
internal sealed class RandomReading : IDisposable
{
    private const int LargestRead = 256 << 10;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(2);
    private readonly PageReader _reader;
    private readonly Tally _tally;
    private readonly TimeSpan _patience;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public RandomReading(PageReader reader, long size, int seed, Tally tally, TimeSpan patience)
    {
        _reader = reader;
        _tally = tally;
        _patience = patience;
        _thread = new Thread(() => Loop(size, new Random(seed))) { IsBackground = true, Name = "random reads" };
        _thread.Start();
    }

    /// <summary>Ends after the read under way; one that does not end is a hang.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (!_thread.Join(_patience))
        {
            _tally.Hang($"a read in this process has waited {_reader.Waiting.TotalSeconds:F0} s");
            return;
        }

        _reader.Dispose();
    }

    private void Loop(long size, Random random)
    {
        byte[] buffer = new byte[LargestRead];
        while (!_stopping)
        {
            int count = 1 + random.Next(LargestRead);
            long offset = random.NextInt64(size);
            int errno = _reader.Read(offset, buffer.AsSpan(0, (int)Math.Min(count, size - offset)));
            if (errno != 0)
            {
                _tally.Count("unexpected_errors");
                _tally.Problem($"a read of {count} bytes at {offset} failed with errno {errno}");
            }

            Thread.Sleep(Rest);
        }
    }
}
