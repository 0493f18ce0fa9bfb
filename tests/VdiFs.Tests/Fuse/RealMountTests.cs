using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>The server below a real kernel; skipped without root or /dev/fuse.</summary>
public sealed class RealMountTests
{
    private const int Mebibyte = 1 << 20;
    private const int ShortReadEventId = 3006;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly RecordingLogger _logger = new();

    [Theory]
    [InlineData("cat FILE")]
    [InlineData("dd if=FILE bs=1M status=none")]
    [InlineData("dd if=FILE bs=777 status=none")]
    [InlineData("dd if=FILE bs=4M iflag=direct status=none")]
    [InlineData("cp FILE /dev/stdout")]
    public async Task Content_is_right_by_every_way_of_reading(string command)
    {
        MemoryFile file = new((9 * Mebibyte) + 12345, hole: (3 * Mebibyte, 5 * Mebibyte));
        await using TestMount mount = await MountAsync(file);
        string sum = await Shell.OutputAsync(
            $"{command.Replace("FILE", Disk(mount), StringComparison.Ordinal)} | sha256sum");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file.Content)), sum.Split(' ')[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_is_right_through_a_mapping(bool isImmutable)
    {
        MemoryFile file = new(2 * Mebibyte) { IsImmutable = isImmutable };
        await using TestMount mount = await MountAsync(file);

        // git maps a file of this size to hash it.
        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {file.Length}\0"), .. file.Content];
        string hash = await Shell.OutputAsync($"git hash-object --no-filters {Disk(mount)}");
#pragma warning disable CA5350 // git's object ids are SHA-1
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(blob)), hash);
#pragma warning restore CA5350
    }

    [Fact]
    public async Task Stat_shows_what_the_file_system_says()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(10_000, hole: (4096, 8192)));
        string born = MemoryFileSystem.Born.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string modified = MemoryFileSystem.Modified.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Assert.Equal(
            $"100 10000 12 1048576 444 1 {modified} {modified} {modified} {born} regular file",
            await Shell.OutputAsync($"stat -c '%i %s %b %o %a %h %X %Y %Z %W %F' {Disk(mount)}"));
        Assert.Equal("1 555 directory", await Shell.OutputAsync($"stat -c '%i %a %F' {mount.Path}"));
        Assert.Equal("4096 1000 0 255", await Shell.OutputAsync($"stat -f -c '%S %b %f %l' {mount.Path}"));
    }

    [Fact]
    public async Task Listing_shows_every_name_once_over_many_pages()
    {
        MemoryFileSystem fileSystem = new();
        for (int number = 0; number < 3000; number++)
        {
            fileSystem.With($"file-with-a-rather-long-name-{number:D5}", new MemoryFile(1));
        }

        await using TestMount mount = await TestMount.CreateAsync(fileSystem, _logger);
        Assert.Equal("3001", await Shell.OutputAsync($"ls -U {mount.Path} | sort -u | wc -l"));
        Assert.Equal("3003", await Shell.OutputAsync($"ls -lUa {mount.Path} | tail -n +2 | wc -l"));
        Assert.Equal("3001", await Shell.OutputAsync($"find {mount.Path} -mindepth 1 | sort -u | wc -l"));
    }

    [Fact]
    public async Task Mount_shows_as_a_read_only_vdifs()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        string line = await Shell.OutputAsync($"grep ' {mount.Path} ' /proc/self/mounts");
        Assert.StartsWith($"vdifs {mount.Path} fuse.vdifs ro,nosuid,nodev,", line);
        Assert.Contains("default_permissions", line);
    }

    [Fact]
    public async Task Read_ahead_is_raised_by_root()
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        Assert.Equal(
            "1024", await Shell.OutputAsync($"cat /sys/class/bdi/{MountTable.Find(mount.Path)!.Device}/read_ahead_kb"));
    }

    [Theory]
    [InlineData("touch MOUNT/new")]
    [InlineData("echo x > MOUNT/disk.raw")]
    [InlineData("echo x >> MOUNT/disk.raw")]
    [InlineData("truncate -s 1 MOUNT/disk.raw")]
    [InlineData("rm -f MOUNT/disk.raw")]
    [InlineData("mv MOUNT/disk.raw MOUNT/other")]
    [InlineData("mkdir MOUNT/new")]
    [InlineData("rmdir MOUNT/sub")]
    [InlineData("ln -s x MOUNT/new")]
    [InlineData("chmod 600 MOUNT/disk.raw")]
    [InlineData("chown 1 MOUNT/disk.raw")]
    [InlineData("touch MOUNT/disk.raw")]
    public async Task Writing_is_refused_as_to_a_read_only_file_system(string command)
    {
        await using TestMount mount = await MountAsync(new MemoryFile(1));
        (int exitCode, _, string error) = await Shell.RunAsync(
            command.Replace("MOUNT", mount.Path, StringComparison.Ordinal));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Read-only file system", error);
    }

    [Fact]
    public async Task Sparse_copy_skips_the_hole_and_keeps_the_bytes()
    {
        MemoryFile file = new(80 * Mebibyte, hole: (2 * Mebibyte, 78 * Mebibyte));
        await using TestMount mount = await MountAsync(file);
        string target = TestMount.NewDirectory();
        await Shell.OutputAsync($"cp {Disk(mount)} {target}/copy");
        long read = file.BytesRead;
        Assert.Equal("", await Shell.OutputAsync($"cmp {Disk(mount)} {target}/copy"));
        string blocks = await Shell.OutputAsync($"stat -c %b {target}/copy");
        Directory.Delete(target, recursive: true);
        Assert.InRange(read, 4 * Mebibyte, 40 * Mebibyte);
        Assert.InRange(long.Parse(blocks, CultureInfo.InvariantCulture) * 512, 4 * Mebibyte, 40 * Mebibyte);
    }

    [Theory]
    [InlineData("")]
    [InlineData("iflag=direct")]
    public async Task A_read_that_is_short_is_an_error_and_the_size_stays(string flags)
    {
        const int length = 8 * Mebibyte;
        ScriptedFile file = new(length, (fileOffset, asked, reply, _) =>
        {
            ScriptedFile.Fill(reply, fileOffset >= 2 * Mebibyte ? asked / 2 : asked);
            return ValueTask.CompletedTask;
        });
        await using TestMount mount = await MountAsync(file);
        (int exitCode, _, string error) = await Shell.RunAsync(
            $"dd if={Disk(mount)} of=/dev/null bs=1M status=none {flags}");
        Assert.Equal(1, exitCode);
        Assert.Contains("Input/output error", error);
        Assert.Equal($"{length}", await Shell.OutputAsync($"stat -c %s {Disk(mount)}"));
        Assert.Contains(_logger.Entries, entry => entry.EventId == ShortReadEventId);
    }

    [Fact]
    public async Task A_hard_error_is_an_error_every_time()
    {
        ScriptedFile file = new(4 * Mebibyte, (fileOffset, asked, reply, _) =>
        {
            ScriptedFile.Fill(reply, asked / 2);
            return fileOffset + asked > 2 * Mebibyte
                ? throw new FuseException(Errno.EIO, "the disk is gone", inner: null)
                : Finish(reply, asked);
        });
        await using TestMount mount = await MountAsync(file);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            (int exitCode, _, string error) = await Shell.RunAsync(
                $"dd if={Disk(mount)} bs=64K skip=40 count=1 of=/dev/null status=none");
            Assert.Equal(1, exitCode);
            Assert.Contains("Input/output error", error);
        }

        Assert.Equal("65536", await Shell.OutputAsync($"dd if={Disk(mount)} bs=64K count=1 status=none | wc -c"));
    }

    [Fact]
    public async Task A_reader_that_is_killed_ends_at_once_and_cancels_its_read()
    {
        TaskCompletionSource reading = new();
        TaskCompletionSource cancelled = new();
        ScriptedFile file = new(Mebibyte, async (_, _, _, token) =>
        {
            reading.TrySetResult();
            await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
        }) { IsImmutable = false };
        await using TestMount mount = await MountAsync(file);
        string output = TestMount.NewDirectory();
        Task<(int ExitCode, string Output, string Error)> reader =
            Shell.RunAsync($"echo $$ > {output}/pid; exec dd if={Disk(mount)} bs=4k count=1 of=/dev/null");
        await reading.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Shell.OutputAsync($"kill -KILL $(cat {output}/pid)");
        Directory.Delete(output, recursive: true);
        Assert.Equal(137, (await reader).ExitCode);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private Task<TestMount> MountAsync(IFuseFile file) =>
        TestMount.CreateAsync(new MemoryFileSystem().With("disk.raw", file), _logger);

    private static string Disk(TestMount mount) => $"{mount.Path}/disk.raw";

    private static ValueTask Finish(FuseReadReply reply, int asked)
    {
        ScriptedFile.Fill(reply, asked - reply.Length);
        return ValueTask.CompletedTask;
    }
}
