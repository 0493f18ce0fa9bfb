using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// The files that the kernel reads itself, from local files. How a node is read is decided when it is first opened and
/// stays so: the kernel fails an open that is not like those before it (fs/fuse/iomode.c, fuse_file_io_open).
/// Thread-safe; as many entries as nodes with a local file were opened.
/// </summary>
internal sealed class PassthroughFiles(IBackingFiles kernel, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<ulong, Entry> _entries = [];

    /// <summary>Whether the kernel can and was asked to; set before the first request.</summary>
    public bool IsPossible { get; set; }

    /// <summary>Decides about an open.</summary>
    /// <returns>The backing id to answer with; 0: the file is read through this server.</returns>
    /// <exception cref="FuseException">EIO: the local file is not as long as the file any more.</exception>
    public async ValueTask<int> OpenAsync(NodeId node, IFuseFile file, CancellationToken cancellationToken)
    {
        if (!IsPossible || file.Backing is not { } backing)
        {
            return 0;
        }

        Entry entry = Decide(node, backing, file.Length);
        if (entry.Id > 0)
        {
            await CheckAsync(entry, cancellationToken).ConfigureAwait(false);
        }

        return entry.Id;
    }

    /// <summary>
    /// Asked at each close(2): the kernel takes the end of a local file that was cut for the end of the file, so this
    /// is where its readers can still be told.
    /// </summary>
    /// <exception cref="FuseException">EIO: the local file is not as long as the file any more.</exception>
    public ValueTask CloseAsync(NodeId node, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_gate)
        {
            entry = _entries.GetValueOrDefault(node.Value);
        }

        return entry.Id > 0 ? CheckAsync(entry, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Takes all ids back: no file is held for readers that may still come.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values.Where(entry => entry.Id > 0))
            {
                kernel.CloseBacking(entry.Id);
            }

            _entries.Clear();
        }
    }

    private Entry Decide(NodeId node, FuseBacking backing, long length)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(node.Value, out Entry known))
            {
                return known;
            }

            int id = kernel.OpenBacking(backing.File, out Errno error);
            Entry entry = new(id, backing.File, length);
            _entries.Add(node.Value, entry);
            backing.IsPassedThrough = id > 0;
            if (id > 0)
            {
                FuseLog.PassedThrough(logger, node.Value);
            }
            else
            {
                FuseLog.NotPassedThrough(logger, node.Value, error, Explain(error));
            }

            return entry;
        }
    }

    private static string Explain(Errno error) => error switch
    {
        Errno.EPERM => "it takes CAP_SYS_ADMIN",
        Errno.ELOOP => "its file system is stacked on others",
        _ => LibC.Describe(error),
    };

    /// <summary>Elsewhere than on the reader's thread: a network file system may take its time for a length.</summary>
    private static async ValueTask CheckAsync(Entry entry, CancellationToken cancellationToken)
    {
        long found = await Task.Run(() => RandomAccess.GetLength(entry.File), CancellationToken.None)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (found != entry.Length)
        {
            throw new FuseException(
                Errno.EIO,
                $"the local file has {found} bytes in place of {entry.Length}: it was cut or has grown while mounted",
                inner: null);
        }
    }

    private readonly record struct Entry(int Id, SafeFileHandle File, long Length);
}
