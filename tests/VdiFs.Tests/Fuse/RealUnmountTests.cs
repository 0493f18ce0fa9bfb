using System.Security.Cryptography;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>How mounts below a real kernel begin and end; skipped without root or /dev/fuse.</summary>
public sealed class RealUnmountTests
{
    private const int Mebibyte = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly RecordingLogger _logger = new();

    [Fact]
    public async Task Umount_ends_the_server_cleanly()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        await Shell.OutputAsync($"umount {mount.Path}");
        Assert.Equal(FuseEnd.Unmounted, await EndAsync(mount));
    }

    [Fact]
    public async Task UnmountAsync_ends_the_server_cleanly()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        Assert.Empty(await mount.Server.UnmountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(FuseEnd.Unmounted, await EndAsync(mount));
        Assert.Null(MountTable.Find(mount.Path));
    }

    [Fact]
    public async Task A_busy_mount_is_detached_naming_its_holder_who_goes_on_reading()
    {
        MemoryFile file = new(3 * Mebibyte);
        await using TestMount mount = await MountAsync(file);
        string output = TestMount.NewDirectory();
        Task<string> holder = Shell.OutputAsync(
            $"exec 3<{Disk(mount)}; touch {output}/ready; "
            + $"while [ -e {output}/ready ]; do sleep 0.05; done; sha256sum <&3");
        await WaitForAsync($"{output}/ready");
        FuseMountException busy = Assert.Throws<FuseMountException>(() => MountPoint.Unmount(mount.Path, lazy: false));
        Assert.Equal(FuseMountErrorKind.Busy, busy.Kind);
        Assert.Contains($"open file {mount.Path}/disk.raw", busy.Message);
        IReadOnlyList<MountHolder> holders = await mount.Server.UnmountAsync(TestContext.Current.CancellationToken);
        Assert.Contains(holders, found => found.Command == "sh");
        Assert.Null(MountTable.Find(mount.Path));
        Directory.Delete(output, recursive: true);
        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(file.Content)), await holder);
        Assert.Equal(FuseEnd.Unmounted, await EndAsync(mount));
    }

    [Fact]
    public async Task A_busy_mount_whose_stat_hangs_is_detached_all_the_same()
    {
        MemoryFileSystem fileSystem = new MemoryFileSystem { Validity = TimeSpan.Zero }.With(
            "disk.raw", new MemoryFile(1));
        await using TestMount mount = await TestMount.CreateAsync(fileSystem, _logger);
        string output = TestMount.NewDirectory();
        Task<string> holder = Shell.OutputAsync(
            $"exec 3<{Disk(mount)}; touch {output}/ready; while [ -e {output}/ready ]; do sleep 0.05; done");
        await WaitForAsync($"{output}/ready");
        TaskCompletionSource answering = new();
        fileSystem.Answering = answering.Task;
        Task<IReadOnlyList<MountHolder>> unmount = mount.Server.UnmountAsync(TestContext.Current.CancellationToken);
        await Task.WhenAny(unmount, Task.Delay(Patience / 2, TestContext.Current.CancellationToken));
        bool isDetached = unmount.IsCompleted;
        answering.SetResult();
        Directory.Delete(output, recursive: true);
        await holder;
        Assert.True(isDetached);
        Assert.Contains(await unmount, found => found.What == $"open file {mount.Path}/disk.raw");
    }

    [Fact]
    public async Task A_dead_mount_answers_not_connected_and_is_cleared_by_the_next_mount()
    {
        await using TestMount dead = await MountAsync(new MemoryFile(1));
        await Shell.OutputAsync($"ls -l {dead.Path}");

        // Somebody inside keeps it mounted while its connection is aborted: what a killed daemon leaves behind.
        string output = TestMount.NewDirectory();
        Task<string> holder = Shell.OutputAsync(
            $"cd {dead.Path}; touch {output}/ready; while [ -e {output}/ready ]; do sleep 0.05; done");
        await WaitForAsync($"{output}/ready");
        Assert.False(KernelMount.TryAbort(dead.Path));
        Assert.Equal(FuseEnd.Aborted, await EndAsync(dead));
        (int exitCode, _, string error) = await Shell.RunAsync($"ls {dead.Path}");
        Assert.Equal(2, exitCode);
        Assert.Contains("Transport endpoint is not connected", error);

        FuseServer next = await Task.Run(() => FuseServer.Mount(
            dead.Path, new MemoryFileSystem().With("alive", new MemoryFile(1)), new FuseMountOptions(), _logger));
        Assert.Equal("alive\nsub", await Shell.OutputAsync($"ls {dead.Path}"));
        Directory.Delete(output, recursive: true);
        await holder;
        await next.DisposeAsync();
        Assert.Null(MountTable.Find(dead.Path));
    }

    [Fact]
    public async Task A_start_that_breaks_down_leaves_no_mount()
    {
        TestMount.SkipUnlessPossible();
        string path = TestMount.NewDirectory();
        await Assert.ThrowsAnyAsync<Exception>(() => Task.Run(() => FuseServer.Mount(
            path, new MemoryFileSystem(), new FuseMountOptions(), new FailingLogger())));
        MountTableEntry? left = MountTable.Find(path);
        if (left is not null)
        {
            MountPoint.Detach(path, lazy: true);
        }

        Directory.Delete(path);
        Assert.Null(left);
    }

    [Fact]
    public async Task A_living_mount_is_not_mounted_over()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        FuseMountException refusal = await Assert.ThrowsAsync<FuseMountException>(
            () => Task.Run(() => FuseServer.Mount(
                mount.Path, new MemoryFileSystem(), new FuseMountOptions(), _logger)));
        Assert.Equal(FuseMountErrorKind.Busy, refusal.Kind);
        Assert.Contains("already a mount", refusal.Message);
    }

    [Fact]
    public async Task Disposing_answers_a_read_that_waits()
    {
        TaskCompletionSource reading = new();
        ScriptedFile file = new(Mebibyte, async (_, _, _, token) =>
        {
            reading.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        TestMount mount = await MountAsync(file);
        Task<(int ExitCode, string Output, string Error)> reader =
            Shell.RunAsync($"dd if={Disk(mount)} bs=4k count=1 of=/dev/null status=none");
        await reading.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await mount.DisposeAsync();
        Assert.Equal(1, (await reader).ExitCode);
    }

    private Task<TestMount> MountAsync(IFuseFile file) =>
        TestMount.CreateAsync(new MemoryFileSystem().With("disk.raw", file), _logger);

    private static string Disk(TestMount mount) => $"{mount.Path}/disk.raw";

    private static Task<FuseEnd> EndAsync(TestMount mount) =>
        mount.Server.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);

    private static async Task WaitForAsync(string path)
    {
        using CancellationTokenSource bound = new(Patience);
        while (!File.Exists(path))
        {
            await Task.Delay(50, bound.Token);
        }
    }
}
