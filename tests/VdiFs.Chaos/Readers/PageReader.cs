using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using VdiFs.Chaos.Content;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Readers;

/// <summary>Reads disk.raw in this process and judges every byte; a read that fails tells its errno.</summary>
internal sealed class PageReader : IDisposable
{
    public const int Eio = 5;
    private readonly SafeFileHandle _file;
    private readonly CodedDisk _disk;
    private readonly Tally _tally;
    private long _started;

    public PageReader(string file, CodedDisk disk, Tally tally)
    {
        _file = File.OpenHandle(file);
        _disk = disk;
        _tally = tally;
    }

    /// <summary>How long the read under way has been waiting; zero when there is none.</summary>
    public TimeSpan Waiting
    {
        get
        {
            long started = Interlocked.Read(ref _started);
            return started == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started);
        }
    }

    /// <summary>Reads, past the kernel's own cache, and verifies.</summary>
    /// <returns>0, or the errno.</returns>
    public int Read(long diskOffset, Span<byte> buffer)
    {
        _ = Native.Advise(_file, diskOffset, buffer.Length, Native.FadviseDontNeed);
        Interlocked.Exchange(ref _started, Stopwatch.GetTimestamp());
        try
        {
            Fill(diskOffset, buffer[..(int)Math.Min(buffer.Length, _disk.Size - diskOffset)]);
            _tally.Most("slowest_read_ms", (long)Waiting.TotalMilliseconds);
            return 0;
        }
        catch (IOException error)
        {
            _tally.Most("slowest_error_ms", (long)Waiting.TotalMilliseconds);
            return error.HResult;
        }
        finally
        {
            Interlocked.Exchange(ref _started, 0);
        }
    }

    public void Dispose() => _file.Dispose();

    // The kernel gives the pages before a failing one, and the error to whoever goes on: so does every tool, and so
    // do we.
    private void Fill(long diskOffset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int count = RandomAccess.Read(_file, buffer, diskOffset);
            if (count == 0)
            {
                _tally.WrongBytes(1, $"the file ends at {diskOffset}, {buffer.Length} bytes before the end of a read");
                return;
            }

            Judge(diskOffset, buffer[..count]);
            diskOffset += count;
            buffer = buffer[count..];
        }
    }

    private void Judge(long diskOffset, ReadOnlySpan<byte> bytes)
    {
        List<string> words = [];
        int wrong = _disk.CountWrong(diskOffset, bytes, words);
        if (wrong > 0)
        {
            _tally.WrongBytes(wrong, string.Join("; ", words));
        }

        _tally.Read(bytes.Length);
    }
}
