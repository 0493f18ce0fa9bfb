using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>
/// A program's own signals - timers, children, a stop from the terminal - fail none of its calls, however slow the
/// server is: no more than on a local disk.
/// </summary>
public sealed class SignalTests : EndToEndTest
{
    private const long Size = 1 << 20;

    /// <summary>libc's own calls: Python's would try again. A timer goes off twenty times a second.</summary>
    private const string WithTimer = """
        import ctypes, mmap, os, signal, sys
        libc = ctypes.CDLL(None, use_errno=True)
        rung = []
        signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
        signal.siginterrupt(signal.SIGALRM, True)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        path = sys.argv[2].encode()
        if sys.argv[1] == "open":
            done = libc.open(path, os.O_RDONLY)
        elif sys.argv[1] == "stat":
            done = libc.stat(path, ctypes.create_string_buffer(4096))
        else:
            file = libc.open(path, os.O_RDONLY | os.O_DIRECT)
            page = (ctypes.c_char * 4096).from_buffer(mmap.mmap(-1, 4096))
            done = libc.pread(file, page, 4096, ctypes.c_long(0)) if file >= 0 else -1
        error = ctypes.get_errno()
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("failed with errno %d" % error if done < 0 else "done" if rung else "the timer never went off")
        """;

    [Theory]
    [InlineData("open")]
    [InlineData("stat")]
    [InlineData("direct read")]
    public void A_timer_fails_no_call_that_waits_for_the_server(string call)
    {
        VdifsMount mount = VdifsMount.Start(Bench, Slow().Uri);

        Assert.Equal("done\n", Command.Ok("python3", "-c", WithTimer, call, mount.File("disk.raw")));
    }

    [Fact]
    public void A_reader_that_was_stopped_and_continued_gets_what_it_waited_for()
    {
        NbdServer server = Slow();
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        using Process reader = Command.Start("cmp", mount.File("disk.raw"), Bench.PathOf("disk.img"));
        Wait.Until(() => IsWaiting(reader.Id), "the reader waits for its open");

        Assert.Equal(0, Native.Kill(reader.Id, Native.Sigtstp));
        Assert.Equal(0, Native.Kill(reader.Id, Native.Sigcont));

        Wait.Until(() => reader.HasExited, "the reader has ended");
        Assert.True(reader.ExitCode == 0, reader.StandardError.ReadToEnd());
    }

    private static bool IsWaiting(int pid) => File.ReadAllText($"/proc/{pid}/wchan") == "request_wait_answer";

    /// <summary>A server that takes its time for each connection and each read.</summary>
    private NbdServer Slow() => Nbdkit.OnSocket(
        Bench, "--filter=delay", "file", DiskImage.Full(Bench, Size), "delay-open=1", "delay-read=300ms");
}
