using Microsoft.Extensions.Logging;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;
using Xunit;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>A real mount in a directory of its own; both are gone afterwards.</summary>
internal sealed class TestMount : IAsyncDisposable
{
    private TestMount(string path, FuseServer server)
    {
        Path = path;
        Server = server;
    }

    public string Path { get; }

    public FuseServer Server { get; }

    public static void SkipUnlessPossible()
    {
        Assert.SkipUnless(DaemonProcess.IsRoot, "mounting in tests takes root");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "/dev/fuse is absent");
    }

    public static string NewDirectory() => Directory.CreateTempSubdirectory("vdifs-fuse-test-").FullName;

    public static async Task<TestMount> CreateAsync(IFuseFileSystem fileSystem, ILogger logger)
    {
        SkipUnlessPossible();
        string path = NewDirectory();
        FuseServer server = await Task.Run(() => FuseServer.Mount(path, fileSystem, new FuseMountOptions(), logger));
        return new TestMount(path, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Path);
    }
}
