using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class DiskSourcesTests
{
    [Theory]
    [InlineData("", DiskErrorKind.BadSource, "the source is empty")]
    [InlineData("http://host/disk", DiskErrorKind.BadSource, "unknown source")]
    [InlineData("nbd+unix:///export", DiskErrorKind.BadSource, "socket")]
    [InlineData("nbd://", DiskErrorKind.BadSource, "wrong NBD URI")]
    [InlineData("xapi://pool", DiskErrorKind.BadSource, "--password-file")]
    [InlineData("xapi://root:secret@pool", DiskErrorKind.BadSource, "password")]
    [InlineData("/no/such/image.raw", DiskErrorKind.NotFound, "no image /no/such/image.raw")]
    [InlineData("/no/such/image.qcow2", DiskErrorKind.NotFound, "no image /no/such/image.qcow2")]
    [InlineData("/", DiskErrorKind.NotFound, "is a directory")]
    [InlineData("nbd+unix:///?socket=/no/such/socket", DiskErrorKind.Unreachable, "/no/such/socket")]
    [InlineData("nbd+unix:///?socket=%00vdifs-nobody", DiskErrorKind.Unreachable, "the socket @vdifs-nobody")]
    public async Task A_source_that_cannot_be_used_is_refused_with_its_reason(
        string source, DiskErrorKind kind, string reason)
    {
        DiskException exception = await Assert.ThrowsAsync<DiskException>(() => LoadAsync(source));
        Assert.Equal(kind, exception.Kind);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task A_raw_image_is_one_disk_that_bears_the_file_s_name_and_time()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, new byte[1000], TestContext.Current.CancellationToken);
            var time = new DateTime(2026, 1, 31, 2, 0, 0, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(path, time);
            await using IDiskCatalog catalog = await LoadAsync("file:" + path);
            DiskEntry disk = Assert.Single(catalog.Disks);
            Assert.Equal(Path.GetFileName(path), disk.Name);
            Assert.Equal(1000, disk.KnownLength);
            Assert.Equal(time, disk.Identity.SnapshotTime.UtcDateTime);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_image_that_is_replaced_after_the_mount_is_read_as_it_was()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "old", TestContext.Current.CancellationToken);
            await using IDiskCatalog catalog = await LoadAsync(path);
            File.Delete(path);
            await File.WriteAllTextAsync(path, "new!", TestContext.Current.CancellationToken);
            using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
            OpenDisk disk = await catalog.Disks[0].OpenAsync(cache, TestContext.Current.CancellationToken);
            var borrower = new CopyingBorrower();
            await disk.Reader.LendAsync(0, (int)disk.Length, borrower, TestContext.Current.CancellationToken);
            Assert.Equal("old"u8.ToArray(), borrower.Bytes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_differencing_VHD_is_refused_as_its_parent_would_read_as_zeros()
    {
        string path = Path.ChangeExtension(Path.GetTempFileName(), ".vhd");
        try
        {
            byte[] footer = new byte[512];
            "conectix"u8.CopyTo(footer);
            footer[63] = 4;
            await File.WriteAllBytesAsync(path, footer, TestContext.Current.CancellationToken);
            DiskException exception = await Assert.ThrowsAsync<DiskException>(() => LoadAsync(path));
            Assert.Contains("differencing", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
            File.Delete(Path.ChangeExtension(path, ".tmp"));
        }
    }

    private static Task<IDiskCatalog> LoadAsync(string source) => DiskSources.LoadAsync(
        source,
        new CatalogOptions { MountTime = DateTimeOffset.UnixEpoch },
        NullLogger.Instance,
        TestContext.Current.CancellationToken);
}
