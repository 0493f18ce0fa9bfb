using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Readers of a silent server end when they are told to, and leave nothing.</summary>
public sealed class InterruptionTests : EndToEndTest
{
    private const long Size = 256L << 20;
    private const int Sigstop = 19;
    private const int Sigcont = 18;

    private const string MapAndRead =
        "import mmap, sys\nf = open(sys.argv[1], 'rb')\n"
        + "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\nprint(m[50 << 20])";

    /// <summary>Submits four reads with one call (libaio's, by number) and waits for all of them.</summary>
    private const string ReadFour = """
        import ctypes, mmap, os, platform, struct, sys
        setup, submit, events = (206, 209, 208) if platform.machine() == "x86_64" else (0, 2, 4)
        libc = ctypes.CDLL(None, use_errno=True)
        file = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
        memory = mmap.mmap(-1, 4 * 4096)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        reads = [ctypes.create_string_buffer(struct.pack("<QIIHhIQQqQII",
            0, 0, 0, 0, 0, file, start + i * 4096, 4096, i << 20, 0, 0, 0), 64) for i in range(4)]
        pointers = (ctypes.c_void_p * 4)(*[ctypes.addressof(read) for read in reads])
        context = ctypes.c_ulong(0)
        assert libc.syscall(setup, 4, ctypes.byref(context)) == 0
        assert libc.syscall(submit, context, ctypes.c_long(4), pointers) == 4
        libc.syscall(events, context, ctypes.c_long(4), ctypes.c_long(4), ctypes.create_string_buffer(128), None)
        """;

    private static readonly Dictionary<string, string[]> Programs = new(StringComparer.Ordinal)
    {
        ["cat"] = ["cat", "FILE"],
        ["cp"] = ["cp", "FILE", "/dev/null"],
        ["dd buffered"] = ["dd", "if=FILE", "of=/dev/null", "bs=64k", "skip=800"],
        ["dd direct 1M"] = ["dd", "if=FILE", "of=/dev/null", "bs=1M", "iflag=direct"],
        ["dd direct 4M"] = ["dd", "if=FILE", "of=/dev/null", "bs=4M", "skip=3", "iflag=direct"],
        ["mmap"] = ["python3", "-c", MapAndRead, "FILE"],
        ["stat"] = ["stat", "FILE"],
        ["ls -l"] = ["ls", "-l", "DIRECTORY"],
        ["open"] = ["head", "-c1", "FILE"],
        ["open that handles SIGINT"] = ["python3", "-c", "import sys; open(sys.argv[1], 'rb')", "FILE"],
    };

    /// <summary>SIGINT is left out where the program handles it itself: a buffered read is only ended by a signal that
    /// kills (docs/SEMANTICS.md).</summary>
    [Theory]
    [InlineData("cat", Native.Sigint)]
    [InlineData("cat", Native.Sigterm)]
    [InlineData("cat", Native.Sigkill)]
    [InlineData("cp", Native.Sigint)]
    [InlineData("cp", Native.Sigterm)]
    [InlineData("dd buffered", Native.Sigterm)]
    [InlineData("dd buffered", Native.Sigkill)]
    [InlineData("dd direct 1M", Native.Sigint)]
    [InlineData("dd direct 1M", Native.Sigterm)]
    [InlineData("dd direct 4M", Native.Sigint)]
    [InlineData("dd direct 4M", Native.Sigkill)]
    [InlineData("mmap", Native.Sigterm)]
    [InlineData("mmap", Native.Sigkill)]
    public void A_reader_of_a_silent_server_is_ended_by_a_signal(string program, int signal)
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.Full(Bench, Size));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        Command.Ok("stat", mount.File("disk.raw"));
        server.Signal(Sigstop);

        AssertEnded(mount, program, signal);

        mount.Unmount();
        server.Signal(Sigcont);
    }

    [Theory]
    [InlineData("stat", Native.Sigint)]
    [InlineData("stat", Native.Sigkill)]
    [InlineData("ls -l", Native.Sigint)]
    [InlineData("ls -l", Native.Sigterm)]
    [InlineData("open", Native.Sigint)]
    [InlineData("open", Native.Sigkill)]
    [InlineData("open that handles SIGINT", Native.Sigint)]
    public void Whoever_waits_for_a_disk_to_be_opened_at_a_server_that_never_greets_is_ended_by_a_signal(
        string program, int signal)
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.Full(Bench, Size));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        server.Signal(Sigstop);

        AssertEnded(mount, program, signal);

        mount.Unmount();
        server.Signal(Sigcont);
    }

    /// <summary>The kernel ends no program before its asynchronous reads (exit_aio), so they must end in time.</summary>
    [Fact]
    public void A_program_with_asynchronous_reads_of_a_silent_server_ends_with_them_at_their_deadline()
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.Full(Bench, Size));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--read-deadline", "3s");
        Command.Ok("stat", mount.File("disk.raw"));
        server.Signal(Sigstop);
        using Process reader = Command.Start("python3", "-c", ReadFour, mount.File("disk.raw"));
        Wait.Until(() => IsWaitingForEvents(reader.Id), "four reads are under way");

        Assert.Equal(0, Native.Kill(reader.Id, Native.Sigkill));

        Wait.Until(() => reader.HasExited, "the program has ended");
        server.Signal(Sigcont);
        mount.Unmount();
    }

    [Fact]
    public void Two_hundred_readers_that_were_killed_leave_no_thread_descriptor_or_memory()
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.Full(Bench, Size));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--memory-limit", "192M");
        Command.Ok("stat", mount.File("disk.raw"));
        server.Signal(Sigstop);
        int daemon = mount.DaemonPid;
        KillReaders(mount, 20);
        (int threads, int descriptors) = CountThreadsAndDescriptors(daemon);

        KillReaders(mount, 200);

        // The daemon hears of each reader's death, and lets go of it on a thread of its pool.
        Wait.Until(
            () => CountThreadsAndDescriptors(daemon) is var after
                && after.Threads <= threads + 2
                && after.Descriptors <= descriptors,
            $"no more than {threads} + 2 threads and {descriptors} descriptors are left");
        Assert.InRange(ProcessTable.PeakMemoryBytes(daemon), 1, 192L << 20);
        server.Signal(Sigcont);
        Command.Ok("cmp", Bench.PathOf("disk.img"), mount.File("disk.raw"));
        mount.Unmount();
    }

    private static void AssertEnded(VdifsMount mount, string program, int signal)
    {
        string[] words = [.. Programs[program].Select(word => word
            .Replace("FILE", mount.File("disk.raw"), StringComparison.Ordinal)
            .Replace("DIRECTORY", mount.Export(), StringComparison.Ordinal))];
        // The shells and runners between may ignore SIGINT, which is inherited.
        using Process reader = Command.Start("env", ["--default-signal=INT", .. words]);
        Wait.Until(() => IsWaitingForTheMount(reader.Id), $"{program} waits for the silent server");

        Assert.Equal(0, Native.Kill(reader.Id, signal));

        Wait.Until(() => reader.HasExited, $"{program} is ended by signal {signal}");
        Assert.NotEqual(0, reader.ExitCode);
    }

    // Where the kernel lets readers of a FUSE mount wait: for an answer, or for a page that one will fill.
    private static bool IsWaitingForTheMount(int pid) =>
        WaitsIn(pid) is "request_wait_answer" or "folio_wait_bit_common";

    private static bool IsWaitingForEvents(int pid) => WaitsIn(pid) == "read_events";

    private static string WaitsIn(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/wchan");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void KillReaders(VdifsMount mount, int count)
    {
        const string Script = """
            for i in $(seq "$2"); do
              dd if="$1" of=/dev/null bs=1M skip=$i count=1 iflag=direct status=none & pids+=($!)
            done
            for pid in "${pids[@]}"; do
              until grep -qs request_wait_answer "/proc/$pid/wchan"; do sleep 0.05; done
            done
            kill -9 "${pids[@]}"
            wait "${pids[@]}" || true
            """;
        Command.BashOk(Script, mount.File("disk.raw"), count.ToString(CultureInfo.InvariantCulture));
    }

    private static (int Threads, int Descriptors) CountThreadsAndDescriptors(int pid) =>
        (Directory.GetDirectories($"/proc/{pid}/task").Length, Directory.GetFiles($"/proc/{pid}/fd").Length);
}
