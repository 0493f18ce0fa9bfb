using System.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class LocalImageTests : IDisposable
{
    private static readonly DateTime Old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("vdifs-test-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_differencing_VHD_whose_last_sector_is_lost_is_refused_as_well()
    {
        byte[] image = new byte[2048];
        "conectix"u8.CopyTo(image);
        image[63] = 4;
        await File.WriteAllBytesAsync(PathOf("disk.vhd"), image, TestContext.Current.CancellationToken);
        DiskException exception = await Assert.ThrowsAsync<DiskException>(() => LoadAsync(PathOf("disk.vhd")));
        Assert.Contains("differencing", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_behind_a_link_bears_the_image_s_time_not_the_link_s()
    {
        await File.WriteAllBytesAsync(PathOf("disk.raw"), new byte[1000], TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(PathOf("disk.raw"), Old);
        File.CreateSymbolicLink(PathOf("link.raw"), PathOf("disk.raw"));
        await using IDiskCatalog catalog = await LoadAsync(PathOf("link.raw"));
        Assert.Equal(Old, Assert.Single(catalog.Disks).Identity.SnapshotTime.UtcDateTime);
    }

    [Fact]
    public async Task A_file_larger_than_a_map_can_tell_of_counts_as_allocated_throughout()
    {
        using BlockCache cache = new(BlockCache.MinimumCapacityBytes);
        const long Length = 300L << 40;
        try
        {
            using FileStream file = File.Create(Path.Combine("/dev/shm", _directory.Name));
            file.SetLength(Length);
        }
        catch (IOException)
        {
            Assert.Skip("/dev/shm takes no file of 300 TiB");
        }

        try
        {
            await using IDiskCatalog catalog = await LoadAsync(Path.Combine("/dev/shm", _directory.Name));
            OpenDisk disk = await Assert.Single(catalog.Disks).OpenAsync(cache, TestContext.Current.CancellationToken);
            Assert.Equal(Length, disk.Map.AllocatedBytes);
            Assert.Equal(AllocationOrigin.None, disk.Origin);
        }
        finally
        {
            File.Delete(Path.Combine("/dev/shm", _directory.Name));
        }
    }

    [Fact]
    public async Task A_pipe_is_refused_at_once_although_opening_it_would_wait_for_a_writer()
    {
        using Process make = Process.Start("mkfifo", [PathOf("pipe.raw")]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        DiskException exception = await Assert.ThrowsAsync<DiskException>(
            () => Task.Run(() => LoadAsync(PathOf("pipe.raw"))).WaitAsync(
                TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Contains("neither a file nor a block device", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_character_device_is_refused_as_its_length_cannot_be_told()
    {
        DiskException exception = await Assert.ThrowsAsync<DiskException>(() => LoadAsync("/dev/zero"));
        Assert.Contains("neither a file nor a block device", exception.Message, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private static Task<IDiskCatalog> LoadAsync(string source) => DiskSources.LoadAsync(
        source,
        new CatalogOptions { MountTime = DateTimeOffset.UnixEpoch },
        NullLogger.Instance,
        TestContext.Current.CancellationToken);
}
