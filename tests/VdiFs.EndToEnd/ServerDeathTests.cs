using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>A server that dies for good or fails: an error when the deadline has passed, never other bytes.</summary>
public sealed class ServerDeathTests : EndToEndTest
{
    private const int Eio = 5;
    private const long Size = 64L << 20;
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("unix")]
    [InlineData("tcp")]
    public void A_read_from_a_dead_server_says_eio(string transport)
    {
        string disk = DiskImage.Full(Bench, Size);
        NbdServer server = transport == "tcp" ? Nbdkit.OnPort(Bench, "file", disk) : Nbdkit.File(Bench, disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--cache-size", "4M", "--read-deadline", "3s");
        using SafeFileHandle file = File.OpenHandle(mount.File("disk.raw"));
        byte[] piece = new byte[65536];
        Assert.Equal(piece.Length, RandomAccess.Read(file, piece, 0));

        server.Crash();

        AssertEio(() => RandomAccess.Read(file, piece, 48L << 20));
    }

    [Fact]
    public void An_error_stays_an_error_every_time()
    {
        string disk = DiskImage.Full(Bench, Size);
        NbdServer server = Nbdkit.File(Bench, disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--cache-size", "4M", "--read-deadline", "3s");
        using SafeFileHandle file = File.OpenHandle(mount.File("disk.vmdk"));
        byte[] piece = new byte[65536];
        Assert.Equal(piece.Length, RandomAccess.Read(file, piece, 0));
        server.Crash();

        for (int round = 0; round < 2; round++)
        {
            AssertEio(() => RandomAccess.Read(file, piece, 48L << 20));
        }
    }

    [Fact]
    public void Whatever_is_still_read_after_the_death_is_right()
    {
        string disk = DiskImage.Full(Bench, Size);
        byte[] expected = File.ReadAllBytes(disk);
        NbdServer server = Nbdkit.File(Bench, disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--cache-size", "8M", "--read-deadline", "3s");
        using SafeFileHandle file = File.OpenHandle(mount.File("disk.raw"));
        byte[] piece = new byte[1 << 20];
        for (long offset = 0; offset < Size / 2; offset += piece.Length)
        {
            Assert.Equal(piece.Length, RandomAccess.Read(file, piece, offset));
        }

        server.Crash();

        int errors = 0;
        for (long offset = 0; offset < Size && errors < 2; offset += piece.Length)
        {
            int count = ReadOrError(file, piece, offset);
            errors += count < 0 ? 1 : 0;
            Assert.True(
                count < 0 || expected.AsSpan((int)offset, count).SequenceEqual(piece.AsSpan(0, count)), $"at {offset}");
            Assert.True(count != 0, $"a silent end of file at {offset}");
        }

        Assert.True(errors > 0);
    }

    [Fact]
    public void Umount_works_after_the_death_of_the_server()
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.Full(Bench, Size));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        Assert.Equal("disk.raw", Path.GetFileName(Directory.GetFiles(mount.Export())[0]));
        server.Crash();

        mount.Unmount();
    }

    [Fact]
    public void A_copy_from_a_server_that_fails_reads_fails()
    {
        string disk = DiskImage.Full(Bench, 8L << 20);
        string trigger = Bench.PathOf("fail");
        NbdServer server = Nbdkit.OnSocket(
            Bench, "--filter=error", "file", disk, "error-pread=EIO", "error-pread-rate=100%",
            $"error-pread-file={trigger}");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        File.WriteAllText(trigger, "");

        CommandResult result = Command.Run("cp", mount.File("disk.raw"), Bench.PathOf("copy"));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_fails_for_a_while_is_read_right_afterwards()
    {
        string disk = DiskImage.Full(Bench, 8L << 20);
        string trigger = Bench.PathOf("fail");
        NbdServer server = Nbdkit.OnSocket(
            Bench, "--filter=error", "file", disk, "error-pread=EIO", "error-pread-rate=100%",
            $"error-pread-file={trigger}");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        File.WriteAllText(trigger, "");
        Assert.NotEqual(0, Command.Run("cp", mount.File("disk.raw"), Bench.PathOf("copy")).ExitCode);

        File.Delete(trigger);

        Command.Ok("cmp", disk, mount.File("disk.raw"));
    }

    [Fact]
    public void A_reader_of_a_stalled_server_can_be_interrupted()
    {
        NbdServer server = Nbdkit.OnSocket(Bench, "--filter=delay", "pattern", "8M", "delay-read=60");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        CommandResult result = Command.Run("timeout", "1", "cat", mount.File("disk.raw"));

        Assert.Equal(124, result.ExitCode);
        server.Crash();
    }

    private static void AssertEio(Func<int> read)
    {
        Task<int> attempt = Task.Run(read);
        Assert.True(
            Task.WhenAny(attempt, Task.Delay(HangLimit)).Wait(HangLimit * 2) && attempt.IsCompleted, "the read hangs");
        IOException error = Assert.IsAssignableFrom<IOException>(attempt.Exception?.InnerException);
        Assert.Equal(Eio, error.HResult);
    }

    private static int ReadOrError(SafeFileHandle file, byte[] piece, long offset)
    {
        try
        {
            return RandomAccess.Read(file, piece, offset);
        }
        catch (IOException error) when (error.HResult == Eio)
        {
            return -1;
        }
    }
}
