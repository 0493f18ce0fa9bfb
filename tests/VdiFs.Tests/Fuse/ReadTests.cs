using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;
using VdiFs.Fuse.Session;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class ReadTests
{
    private const int ShortReadEventId = 3006;

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(995, 10, 5)]
    [InlineData(999, 1, 1)]
    [InlineData(1000, 10, 0)]
    [InlineData(5000, 10, 0)]
    [InlineData(long.MaxValue, 10, 0)]
    [InlineData(0, 100_000, 1000)]
    [InlineData(10, 0, 0)]
    public async Task Read_is_exactly_as_long_as_asked_up_to_the_end(ulong offset, uint size, int expected)
    {
        MemoryFile file = new(1000, hole: (400, 600));
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        (int error, byte[] content) = kernel.Receive(kernel.SendRead(100, offset, size));
        Assert.Equal(0, error);
        Assert.Equal(expected == 0 ? [] : file.Content.Slice((int)offset, expected).ToArray(), content);
    }

    [Theory]
    [InlineData(0x8000000000000000UL, 10u)]
    [InlineData(0UL, (1u << 20) + 1)]
    [InlineData(0UL, uint.MaxValue)]
    public async Task Read_refuses_what_the_kernel_never_asks(ulong offset, uint size)
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", new MemoryFile(10)));
        kernel.AssertError(Errno.EINVAL, kernel.SendRead(100, offset, size));
    }

    [Fact]
    public async Task Read_of_an_unknown_node_is_ESTALE()
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem());
        kernel.AssertError(Errno.ESTALE, kernel.SendRead(100, 0, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public async Task Read_that_got_too_little_is_EIO(int appended)
    {
        ScriptedFile file = new(100, (_, _, reply, _) =>
        {
            ScriptedFile.Fill(reply, appended);
            return ValueTask.CompletedTask;
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        kernel.AssertError(Errno.EIO, kernel.SendRead(100, 0, 100));
        Assert.Contains(
            (ShortReadEventId, $"READ of node 100: asked for 100 bytes at 0, found {appended}; answered EIO"),
            kernel.Logger.Entries);
    }

    [Fact]
    public async Task Read_that_got_too_much_is_EIO()
    {
        ScriptedFile file = new(200, (_, asked, reply, _) =>
        {
            ScriptedFile.Fill(reply, asked);
            ScriptedFile.Fill(reply, 1);
            return ValueTask.CompletedTask;
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        kernel.AssertError(Errno.EIO, kernel.SendRead(100, 0, 100));
    }

    [Fact]
    public async Task Read_that_throws_anything_is_EIO_and_logged()
    {
        ScriptedFile file = new(100, (_, _, _, _) => throw new InvalidDataException("broken"));
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        kernel.AssertError(Errno.EIO, kernel.SendRead(100, 0, 100));
        Assert.Contains(
            kernel.Logger.Entries,
            entry => entry.Message.Contains("InvalidDataException: broken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_that_throws_an_errno_is_that_errno_also_after_waiting()
    {
        ScriptedFile file = new(100, async (_, _, _, token) =>
        {
            await Task.Delay(1, token);
            throw new FuseException(Errno.EFBIG, "too big", inner: null);
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        kernel.AssertError(Errno.EFBIG, kernel.SendRead(100, 0, 100));
    }

    [Fact]
    public async Task Read_of_a_file_that_is_not_ready_waits_for_it()
    {
        TaskCompletionSource prepared = new();
        MemoryFile file = new(100);
        MemoryFileSystem fileSystem = new() { Preparation = prepared.Task };
        await using FakeKernel kernel = FakeKernel.Connect(fileSystem.With("f", file));
        ulong read = kernel.SendRead(100, 0, 100);
        kernel.AssertSilent();
        prepared.SetResult();
        Assert.Equal(file.Content.ToArray(), kernel.Receive(read).Content);
    }

    [Fact]
    public async Task Waiting_reads_do_not_hold_up_others_and_may_end_in_any_order()
    {
        TaskCompletionSource[] gates = [.. Enumerable.Range(0, 64).Select(_ => new TaskCompletionSource())];
        ScriptedFile file = new(64 * 10, async (fileOffset, asked, reply, token) =>
        {
            await gates[fileOffset / 10].Task.WaitAsync(token);
            reply.AppendGenerated(asked).Fill((byte)(fileOffset / 10));
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        Dictionary<ulong, int> reads = [];
        for (int index = 0; index < gates.Length; index++)
        {
            reads[kernel.SendRead(100, (ulong)index * 10, 10)] = index;
        }

        kernel.AssertSilent();
        foreach (TaskCompletionSource gate in gates.Reverse())
        {
            gate.SetResult();
        }

        while (reads.Count > 0)
        {
            (int error, ulong unique, byte[] content) = kernel.ReceiveAny();
            Assert.Equal(0, error);
            Assert.True(reads.Remove(unique, out int index), "answered twice");
            Assert.Equal(Enumerable.Repeat((byte)index, 10), content);
        }
    }

    [Fact]
    public void A_read_from_memory_allocates_nothing()
    {
        const int warmUp = 1000;
        const int measured = 10_000;
        const int smallestObjectBytes = 24;
        using FuseDevice nothing = new(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write));
        MemoryFileSystem fileSystem = new MemoryFileSystem().With("f", new MemoryFile(1 << 20, hole: (4096, 8192)));
        using FuseSession session = new(
            nothing, fileSystem, new FuseMountOptions { RequestDeadline = Timeout.InfiniteTimeSpan },
            new RecordingLogger());
        FuseRequest request = new(session);
        ReadIn read = new(0, 100, 200_000, 0, 0, 0, 0);
        byte[] body = FakeKernel.Bytes(in read);
        InHeader header = new(80, FuseOpcode.Read, 2, 100, 0, 0, 0, 0, 0);
        long before = 0;
        for (int index = 0; index < warmUp + measured; index++)
        {
            if (index == warmUp)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            request.Begin(nothing, in header);
#pragma warning disable CA2012 // looked at, not awaited: an await would allocate in this method
            Assert.True(OperationTable.Run(request, body).IsCompletedSuccessfully);
#pragma warning restore CA2012
            Assert.True(request.IsAnswered && request.Reply.SegmentCount == 3 && request.TryRecycle());
        }

        // A collection that another test starts counts what was left of this thread's allocation buffer, up to 8 KiB;
        // one object per read would be ten times the limit and more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, smallestObjectBytes * measured / 10);
    }
}
