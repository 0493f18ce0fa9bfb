using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Session;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>
/// Reads of who opens with O_DIRECT: many at once where the program does not wait for each, and ended by a signal where
/// it does. Those below a real kernel are skipped without root or /dev/fuse.
/// </summary>
public sealed class DirectReadTests
{
    private const int Mebibyte = 1 << 20;
    private const int Depth = 4;

    /// <summary>Submits four reads with one call (libaio's, by number) and prints how long each was.</summary>
    private const string ReadFour = """
        import ctypes, mmap, os, platform, struct, sys
        setup, submit, events = (206, 209, 208) if platform.machine() == "x86_64" else (0, 2, 4)
        libc = ctypes.CDLL(None, use_errno=True)
        file = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
        memory = mmap.mmap(-1, 4 * 4096)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        reads = [ctypes.create_string_buffer(struct.pack("<QIIHhIQQqQII",
            0, 0, 0, 0, 0, file, start + i * 4096, 4096, i * 65536, 0, 0, 0), 64) for i in range(4)]
        pointers = (ctypes.c_void_p * 4)(*[ctypes.addressof(read) for read in reads])
        context = ctypes.c_ulong(0)
        ended = ctypes.create_string_buffer(4 * 32)
        assert libc.syscall(setup, 4, ctypes.byref(context)) == 0
        print(libc.syscall(submit, context, ctypes.c_long(4), pointers))
        assert libc.syscall(events, context, ctypes.c_long(4), ctypes.c_long(4), ended, None) == 4
        print(*[struct.unpack_from("<q", ended, i * 32 + 16)[0] for i in range(4)])
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RecordingLogger _logger = new();

    [Theory]
    [InlineData(0x5FD, 0x3)]
    [InlineData(0x5ED, 0x2)] // no DIRECT_IO_ALLOW_MMAP, so no ASYNC_DIO: no read waits as it would with that
    public async Task Open_bypasses_the_page_cache_and_keeps_it(uint offered, uint expected)
    {
        await using FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("disk.raw", new MemoryFile(10)), flags2: offered);
        OpenIn open = new(FileOperations.DirectFlag, 0);
        OpenOut reply = kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Open, 100, in open));
        Assert.Equal((FuseOpenFlags)expected | FuseOpenFlags.NoFlush, reply.Flags);
    }

    [Fact]
    public async Task Reads_that_a_program_does_not_wait_for_are_under_way_together()
    {
        int waiting = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFile file = new(Mebibyte, async (_, asked, reply, token) =>
        {
            if (Interlocked.Increment(ref waiting) == Depth)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(Patience, token);
            ScriptedFile.Fill(reply, asked);
        });
        await using TestMount mount = await MountAsync(file);
        Assert.Equal(
            "4\n4096 4096 4096 4096",
            await Shell.OutputAsync($"python3 -c '{ReadFour}' {mount.Path}/disk.raw"));
    }

    [Fact]
    public async Task A_program_that_waits_for_its_read_is_ended_by_a_signal()
    {
        TaskCompletionSource reading = new();
        TaskCompletionSource cancelled = new();
        ScriptedFile file = new(Mebibyte, async (_, _, _, token) =>
        {
            reading.TrySetResult();
            await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
        });
        await using TestMount mount = await MountAsync(file);
        string output = TestMount.NewDirectory();
        Task<(int ExitCode, string Output, string Error)> reader = Shell.RunAsync(
            $"echo $$ > {output}/pid; exec dd if={mount.Path}/disk.raw bs=4k count=1 iflag=direct of=/dev/null");
        await reading.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Shell.OutputAsync($"kill -TERM $(cat {output}/pid)");
        Directory.Delete(output, recursive: true);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(143, (await reader).ExitCode);
    }

    [Fact]
    public async Task Pages_that_the_kernel_has_stay_for_other_readers()
    {
        MemoryFile file = new(Mebibyte);
        await using TestMount mount = await MountAsync(file);
        string disk = $"{mount.Path}/disk.raw";
        await Shell.OutputAsync($"cat {disk} > /dev/null");
        long buffered = file.BytesRead;
        await Shell.OutputAsync($"dd if={disk} bs=4k count=1 iflag=direct of=/dev/null");
        await Shell.OutputAsync($"cat {disk} > /dev/null");
        Assert.Equal(buffered + 4096, file.BytesRead);
    }

    private Task<TestMount> MountAsync(IFuseFile file) =>
        TestMount.CreateAsync(new MemoryFileSystem().With("disk.raw", file), _logger);
}
