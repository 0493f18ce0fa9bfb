using VdiFs.Fuse;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>Refusals that need no root: nothing is mounted.</summary>
public sealed class MountPointTests
{
    [Fact]
    public void Mount_names_a_directory_that_is_missing_and_how_to_make_it()
    {
        string path = Path.Combine(TestMount.NewDirectory(), "missing");
        FuseMountException refusal = Refusal(path);
        Directory.Delete(Path.GetDirectoryName(path)!);
        Assert.Equal(FuseMountErrorKind.Missing, refusal.Kind);
        Assert.Equal($"{path}: no such directory; make it first: mkdir -p {path}", refusal.Message);
    }

    [Fact]
    public void Mount_refuses_below_a_directory_that_is_missing() =>
        Assert.Equal(FuseMountErrorKind.Missing, Refusal("/nowhere/at/all").Kind);

    [Fact]
    public void Mount_refuses_a_file()
    {
        string path = Path.GetTempFileName();
        FuseMountException refusal = Refusal(path);
        File.Delete(path);
        Assert.Equal(FuseMountErrorKind.NotADirectory, refusal.Kind);
    }

    [Fact]
    public void Mount_refuses_a_directory_with_content()
    {
        string path = TestMount.NewDirectory();
        File.WriteAllText(Path.Combine(path, "content"), "");
        FuseMountException refusal = Refusal(path);
        Directory.Delete(path, recursive: true);
        Assert.Equal(FuseMountErrorKind.NotEmpty, refusal.Kind);
    }

    [Theory]
    [InlineData("/proc", "a mount of type proc")]
    [InlineData("/nowhere/at/all", "nothing is mounted there")]
    public void Unmount_refuses_what_is_no_mount_of_ours(string path, string found)
    {
        FuseMountException refusal = Assert.Throws<FuseMountException>(() => MountPoint.Unmount(path, lazy: false));
        Assert.Equal(FuseMountErrorKind.NotMounted, refusal.Kind);
        Assert.Contains(found, refusal.Message);
    }

    [Fact]
    public void Holders_are_found_by_their_open_files()
    {
        string path = TestMount.NewDirectory();
        using (File.Create(Path.Combine(path, "open file")))
        {
            MountHolder holder = Assert.Single(MountPoint.FindHolders(path));
            Assert.Equal(Environment.ProcessId, holder.ProcessId);
            Assert.Equal($"open file {path}/open file", holder.What);
        }

        Assert.Empty(MountPoint.FindHolders(path));
        Directory.Delete(path, recursive: true);
    }

    [Fact]
    public async Task Holders_are_found_by_their_open_directories()
    {
        string path = TestMount.NewDirectory();
        string output = TestMount.NewDirectory();
        Task<string> holder = Shell.OutputAsync(
            $"exec 3<{path}; touch {output}/ready; while [ -e {output}/ready ]; do sleep 0.05; done");
        for (int attempt = 0; attempt < 600 && !File.Exists($"{output}/ready"); attempt++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        IReadOnlyList<MountHolder> holders = MountPoint.FindHolders(path);
        Directory.Delete(output, recursive: true);
        await holder;
        Directory.Delete(path);
        Assert.Contains(holders, found => found.Command == "sh" && found.What == $"open file {path}");
    }

    [Fact]
    public void Mount_table_is_read_with_its_escapes_and_optional_fields()
    {
        IReadOnlyList<MountTableEntry> entries = MountTable.Parse(
            "36 35 98:0 /mnt1 /mnt/a\\040b\\134c rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
            + "113 36 0:49 / /mnt/vdifs ro,nosuid - fuse.vdifs my\\011disk ro,user_id=0\n"
            + "nonsense\n"
            + "1 2 3:4 / /x rw -\n");
        Assert.Equal(
            [
                new MountTableEntry("/mnt/a b\\c", "ext3", "/dev/root", "98:0"),
                new MountTableEntry("/mnt/vdifs", "fuse.vdifs", "my\tdisk", "0:49"),
            ],
            entries);
    }

    [Theory]
    [InlineData("a,b")]
    [InlineData("")]
    public void Options_refuse_a_subtype_that_is_no_word(string subtype) =>
        Assert.Throws<ArgumentException>(() => new FuseMountOptions { Subtype = subtype }.Validate());

    private static FuseMountException Refusal(string path) => Assert.Throws<FuseMountException>(
        () => FuseServer.Mount(path, new MemoryFileSystem(), new FuseMountOptions(), new RecordingLogger()));
}
