using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>The kernel's list of local files: hands out the ids 11, 12 and so on, or refuses.</summary>
internal sealed class FakeBackingFiles : IBackingFiles
{
    private int _lastId = 10;

    /// <summary>When set, every file is refused for it.</summary>
    public Errno Refusal { get; init; }

    /// <summary>What was asked for, in order: "open", or "close" and the id.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public int OpenBacking(SafeFileHandle file, out Errno error)
    {
        Calls.Enqueue("open");
        error = Refusal;
        return error == Errno.None ? Interlocked.Increment(ref _lastId) : 0;
    }

    public void CloseBacking(int id) => Calls.Enqueue(string.Create(CultureInfo.InvariantCulture, $"close {id}"));
}
