using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.EndToEnd;

/// <summary>What becomes of readers that the kernel serves itself when the image changes, or the daemon goes.</summary>
public sealed class PassthroughEndTests : PassthroughTest
{
    [Theory]
    [InlineData("cat \"$1\"")]
    [InlineData("dd if=\"$1\" bs=64k")]
    [InlineData("cp \"$1\" /dev/stdout")]
    public void An_image_that_is_cut_while_it_is_read_fails_the_copy(string reader)
    {
        VdifsMount mount = Mount();

        // The pipe keeps the reader near the beginning until the image is cut. cp goes on to the end of a hole.
        CommandResult result = Command.Bash(
            $"set +e; {reader} | (head -c 65536 > /dev/null; truncate -s 2M \"$2\"; cat | wc -c); "
            + "exit ${PIPESTATUS[0]}",
            FileOf(mount),
            Disk);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
        Assert.InRange(long.Parse(result.Output, CultureInfo.InvariantCulture), 1, Size - 1);
    }

    [Theory]
    [InlineData(Size - 1)]
    [InlineData(Size + 1)]
    [InlineData(0)]
    public void An_image_of_another_length_does_not_open(long length)
    {
        VdifsMount mount = Mount();
        Command.Ok("cmp", Disk, FileOf(mount));
        Command.Ok("truncate", "-s", $"{length}", Disk);

        CommandResult result = Command.Run("cat", FileOf(mount));

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
        Assert.Equal(Size, new FileInfo(FileOf(mount)).Length);
    }

    [Fact]
    public void An_image_that_is_written_to_is_read_as_it_is_now()
    {
        VdifsMount mount = Mount();
        Command.Ok("cmp", Disk, FileOf(mount));

        Command.BashOk("head -c 1000000 /dev/urandom | dd of=\"$1\" conv=notrunc status=none", Disk);

        Command.Ok("cmp", Disk, FileOf(mount));
    }

    [Fact]
    public void A_reader_reads_on_when_the_daemon_is_killed_and_the_next_mount_clears()
    {
        VdifsMount mount = Mount();
        int daemon = mount.DaemonPid;
        using (Process reader = StartReader(mount))
        {
            Assert.Equal(0, Native.Kill(daemon, Native.Sigkill));
            Wait.Until(() => !ProcessTable.IsRunning(daemon), "the daemon is gone");

            AssertReadsToTheEnd(reader, Disk);
            CommandResult look = Command.Run("ls", mount.Directory);
            Assert.Contains("Transport endpoint is not connected", look.Error, StringComparison.Ordinal);
        }

        // The clearing itself is a warning.
        VdifsMount second = VdifsMount.Start(Bench, Disk, "--passthrough", "--log-level", "error");
        Command.Ok("cmp", Disk, FileOf(second));
        AssertPassedThrough(second);
    }

    [Fact]
    public void A_reader_reads_on_when_the_daemon_is_ended_and_nothing_stays_mounted()
    {
        VdifsMount mount = Mount();
        using Process reader = StartReader(mount);

        Assert.Equal(0, Native.Kill(mount.DaemonPid, Native.Sigterm));

        mount.AssertEnded();
        AssertReadsToTheEnd(reader, Disk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_image_is_held_until_the_mount_and_the_last_reader_have_ended(bool hasReader)
    {
        SkipUnlessKernelCan();
        string directory = Bench.NewDirectory("fs");
        Command.Ok("mount", "-t", "tmpfs", "none", directory);
        try
        {
            Command.Ok("mv", Disk, directory);
            string image = Path.Combine(directory, Export);
            using VdifsMount mount = VdifsMount.Start(Bench, image, "--passthrough");
            Command.Ok("cat", FileOf(mount));
            AssertPassedThrough(mount);
            using Process? reader = hasReader ? StartReader(mount) : null;
            Assert.Equal(0, Native.Kill(mount.DaemonPid, Native.Sigterm));
            mount.AssertEnded();
            if (reader is not null)
            {
                Assert.NotEqual(0, Command.Run("umount", directory).ExitCode);
                AssertReadsToTheEnd(reader, image);
            }
        }
        finally
        {
            // Not lazily: this fails as long as anybody holds the image.
            Command.Ok("umount", directory);
        }
    }

    /// <summary>A reader that has the file open and goes on when it is given a line.</summary>
    private static Process StartReader(VdifsMount mount)
    {
        Process reader = Command.Start(
            "bash", "-c", "exec 3< \"$1\"; echo open; read -r; cat <&3 | sha256sum", "bash", FileOf(mount));
        Assert.Equal("open", reader.StandardOutput.ReadLine());
        return reader;
    }

    /// <summary>It gets every byte, and only close(2) tells it that there is nobody any more.</summary>
    private static void AssertReadsToTheEnd(Process reader, string image)
    {
        reader.StandardInput.WriteLine();
        string found = reader.StandardOutput.ReadToEnd();
        Assert.Contains(
            "Transport endpoint is not connected", reader.StandardError.ReadToEnd(), StringComparison.Ordinal);
        reader.WaitForExit();
        Assert.Equal(Command.BashOk("sha256sum < \"$1\"", image), found);
    }
}
