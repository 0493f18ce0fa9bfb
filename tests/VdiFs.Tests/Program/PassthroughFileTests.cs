using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using VdiFs.Formats;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>Which files of a mount the kernel may read from a local image, and that the mount tells it.</summary>
public sealed class PassthroughFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("vdifs-test-");
    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly string _image;

    public PassthroughFileTests()
    {
        _image = Path.Combine(_directory.FullName, "a.img");
        File.WriteAllBytes(_image, [.. "some bytes"u8, .. new byte[4086]]);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Only_raw_is_the_disk_itself() =>
        Assert.Equal(["raw"], ImageFormats.All.Where(format => format.IsVerbatim).Select(format => format.Name));

    [Theory]
    [InlineData("disk.raw", true)]
    [InlineData("disk.vhd", false)]
    [InlineData("disk.fixed.vhd", false)]
    [InlineData("disk-flat.vmdk", false)]
    public async Task Only_the_raw_file_of_a_raw_image_has_a_local_one(string name, bool hasLocal)
    {
        await using IDiskCatalog catalog = await LoadAsync();
        (MountTree tree, FileTable files, _) = Mount(catalog);
        IFuseFile file = await files.PrepareAsync(
            tree.At<ImageNode>("a.img/" + name), TestContext.Current.CancellationToken);
        Assert.Equal(hasLocal, file.Backing is not null);
    }

    [Fact]
    public async Task The_local_file_is_the_image_and_always_the_same()
    {
        await using IDiskCatalog catalog = await LoadAsync();
        (MountTree tree, FileTable files, _) = Mount(catalog);
        ImageNode node = tree.At<ImageNode>("a.img/disk.raw");
        FuseBacking backing =
            (await files.PrepareAsync(node, TestContext.Current.CancellationToken)).Backing!;
        byte[] begin = new byte[10];
        RandomAccess.Read(backing.File, begin, fileOffset: 0);
        Assert.Equal("some bytes"u8.ToArray(), begin);
        Assert.Same(
            backing, (await files.PrepareAsync(node, TestContext.Current.CancellationToken)).Backing);
    }

    [Theory]
    [InlineData(Errno.None, true)]
    [InlineData(Errno.EPERM, false)]
    public async Task Status_json_says_whether_the_kernel_reads_the_image(Errno refusal, bool expected)
    {
        await using IDiskCatalog catalog = await LoadAsync();
        (MountTree tree, FileTable files, MountStatus status) = Mount(catalog);
        ImageNode node = tree.At<ImageNode>("a.img/disk.raw");
        await files.PrepareAsync(node, TestContext.Current.CancellationToken);
        Assert.False(IsPassedThrough(status));

        var fileSystem = new TreeFileSystem(
            catalog, tree, files, new NodeAttributes(new Ownership(0, 0, 0x124, 0x16D)));
        await using FakeKernel kernel = FakeKernel.Connect(
            fileSystem, new FuseMountOptions { Passthrough = true }, new FakeBackingFiles { Refusal = refusal });
        kernel.Receive(kernel.Send(FuseOpcode.Open, node.Id, new OpenIn(0, 0)));
        Assert.Equal(expected, IsPassedThrough(status));
    }

    private static bool IsPassedThrough(MountStatus status) =>
        JsonDocument.Parse(status.Write()).RootElement.GetProperty("disks")[0].GetProperty("passthrough").GetBoolean();

    private Task<IDiskCatalog> LoadAsync() => DiskSources.LoadAsync(
        _image,
        new CatalogOptions { MountTime = DateTimeOffset.UnixEpoch },
        NullLogger.Instance,
        TestContext.Current.CancellationToken);

    private (MountTree Tree, FileTable Files, MountStatus Status) Mount(IDiskCatalog catalog)
    {
        var tree = new MountTree(catalog.Root, FormatSelection.All.Formats, DateTimeOffset.UnixEpoch);
        var status = new MountStatus(catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", DateTimeOffset.UnixEpoch);
        return (tree, new FileTable(tree, _cache, status, NullLogger.Instance), status);
    }
}
