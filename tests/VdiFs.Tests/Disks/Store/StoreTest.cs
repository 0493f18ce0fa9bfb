namespace VdiFs.Tests.Disks.Store;

/// <summary>A test with a directory for a store.</summary>
public abstract class StoreTest : IDisposable
{
    private protected const int Block = StoreMount.Block;

    private readonly DirectoryInfo _place = System.IO.Directory.CreateTempSubdirectory("vdifs-store-");

    protected StoreTest()
    {
        Directory = Path.Combine(_place.FullName, "blocks");
        System.IO.Directory.CreateDirectory(Directory);
    }

    /// <summary>The store's directory.</summary>
    private protected string Directory { get; }

    /// <summary>A directory that is not the store's.</summary>
    private protected string Outside => _place.FullName;

    public void Dispose()
    {
        _place.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The segments of all disks, the oldest first.</summary>
    private protected string[] Segments() =>
    [
        .. System.IO.Directory.EnumerateFiles(Directory, "*.blocks", SearchOption.AllDirectories)
            .OrderBy(path => path, StringComparer.Ordinal),
    ];

    /// <summary>Lets one mount read a disk from end to end, and so keep it.</summary>
    private protected async Task KeepAsync(long length)
    {
        await using StoreMount mount = new(Directory, new PatternDisk(length));
        await mount.CheckAsync(0, checked((int)length));
    }
}
