using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Store;

namespace VdiFs.Tests.Disks.Store;

/// <summary>The file system with faults: it is full, it stops in the middle of a write, it takes its time.</summary>
internal sealed class FaultyFiles : IStoreFiles
{
    private int _writes;

    /// <summary>Writes that succeed; the next one writes half of its bytes, and from then on nothing does
    /// anything.</summary>
    public int WritesBeforeDeath { get; set; } = int.MaxValue;

    /// <summary>Whether the file system is full: no write succeeds.</summary>
    public bool IsFull { get; set; }

    /// <summary>What is free.</summary>
    public long Free { get; set; } = long.MaxValue;

    /// <summary>Writes wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Writes so far.</summary>
    public int Writes => Volatile.Read(ref _writes);

    public FileStream Create(string path, long bytes)
    {
        ThrowIfFull();
        return StoreFiles.Instance.Create(path, bytes);
    }

    public async ValueTask WriteAsync(
        SafeFileHandle file, ReadOnlyMemory<byte> bytes, long fileOffset, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        ThrowIfFull();
        int before = Interlocked.Increment(ref _writes) - 1;
        int count = before < WritesBeforeDeath ? bytes.Length : before == WritesBeforeDeath ? bytes.Length / 2 : 0;
        await StoreFiles.Instance.WriteAsync(file, bytes[..count], fileOffset, cancellationToken);
        if (count < bytes.Length)
        {
            throw new IOException("the process is dead");
        }
    }

    public void End(FileStream file, long bytes)
    {
        if (Writes > WritesBeforeDeath)
        {
            // Who is dead lets go of its files and does nothing else.
            file.Dispose();
            return;
        }

        StoreFiles.Instance.End(file, bytes);
    }

    public long FreeBytes(string directory) => Free;

    private void ThrowIfFull()
    {
        if (IsFull)
        {
            throw new IOException("No space left on device");
        }
    }
}
