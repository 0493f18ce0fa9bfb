using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Session;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class InterruptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_waiting_read_is_answered_EINTR_at_once_and_cancelled()
    {
        TaskCompletionSource cancelled = new();
        ScriptedFile file = new(100, async (_, _, _, token) =>
        {
            await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        ulong read = kernel.SendRead(100, 0, 100);
        kernel.AssertSilent();
        kernel.SendInterrupt(read);
        kernel.AssertError(Errno.EINTR, read);
        kernel.AssertSilent();
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_read_that_ignores_its_token_is_answered_once_and_may_end_later()
    {
        TaskCompletionSource gate = new();
        TaskCompletionSource leaseReturned = new();
        ScriptedFile file = new(100, async (_, asked, reply, _) =>
        {
            await gate.Task;
            reply.Append(ZeroAddress(), asked, new Lease(leaseReturned.SetResult));
        });
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        ulong read = kernel.SendRead(100, 0, 100);
        kernel.AssertSilent();
        kernel.SendInterrupt(read);
        kernel.AssertError(Errno.EINTR, read);
        gate.SetResult();
        await leaseReturned.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task An_interrupt_that_overtakes_its_read_is_not_lost()
    {
        ScriptedFile file = new(100, async (_, _, _, token) => await Task.Delay(Timeout.Infinite, token));
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        const ulong read = 5000;
        kernel.SendInterrupt(read);
        kernel.AssertSilent();
        ReadIn body = new(0, 0, 100, 0, 0, 0, 0);
        kernel.SendAs(read, FuseOpcode.Read, 100, FakeKernel.Bytes(in body));
        kernel.AssertError(Errno.EINTR, read);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task An_interrupt_after_the_reply_is_ignored()
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", new MemoryFile(100)));
        ulong read = kernel.SendRead(100, 0, 100);
        Assert.Equal(0, kernel.Receive(read).Error);
        kernel.SendInterrupt(read);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task A_caller_that_handles_a_signal_on_its_way_waits_for_its_answer()
    {
        using StoppedProcess caller = await StoppedProcess.StartAsync();
        await caller.SignalAsync("USR1");
        TaskCompletionSource gate = new();
        await using FakeKernel kernel = Connect(gate.Task, caller);

        ulong open = kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0));
        kernel.SendInterrupt(open);
        kernel.AssertSilent();
        gate.SetResult();

        Assert.Equal(0, kernel.Receive(open).Error);
        kernel.AssertSilent();
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_caller_that_waits_on_is_let_go_when_it_is_to_end_after_all(string signal)
    {
        using StoppedProcess caller = await StoppedProcess.StartAsync();
        await caller.SignalAsync("USR1");
        await using FakeKernel kernel = Connect(new TaskCompletionSource().Task, caller);
        ulong open = kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0));
        kernel.SendInterrupt(open);
        kernel.AssertSilent();

        // The kernel does not interrupt a request twice.
        await caller.SignalAsync(signal);

        kernel.AssertError(Errno.EINTR, open);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task An_overtaking_interrupt_of_a_caller_that_waits_on_ends_it_no_sooner()
    {
        using StoppedProcess caller = await StoppedProcess.StartAsync();
        await caller.SignalAsync("USR1");
        await using FakeKernel kernel = Connect(new TaskCompletionSource().Task, caller);
        const ulong open = 5000;
        kernel.SendInterrupt(open);
        OpenIn body = new(Flags: 0, FuseFlags: 0);
        kernel.SendAs(open, FuseOpcode.Open, 100, FakeKernel.Bytes(in body));
        kernel.AssertSilent();

        await caller.SignalAsync("INT");

        kernel.AssertError(Errno.EINTR, open);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task Reads_and_their_interrupts_in_a_race_get_one_reply_each()
    {
        const int rounds = 2000;
        ScriptedFile file = new(100, async (_, asked, reply, _) =>
        {
            await Task.Yield();
            ScriptedFile.Fill(reply, asked);
        });
        await using FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("f", file), new FuseMountOptions { ReaderThreads = 4 });
        HashSet<ulong> open = [];
        for (int round = 0; round < rounds; round++)
        {
            ulong read = kernel.SendRead(100, 0, 100);
            open.Add(read);
            kernel.SendInterrupt(read);
            if (open.Count == 16)
            {
                Drain(kernel, open);
            }
        }

        Drain(kernel, open);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task A_request_past_its_deadline_is_EIO_and_cancelled()
    {
        TaskCompletionSource cancelled = new();
        ScriptedFile file = new(100, async (_, _, _, token) =>
        {
            await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        });
        FuseMountOptions options = new() { ReaderThreads = 1, RequestDeadline = TimeSpan.FromMilliseconds(100) };
        FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file), options);
        kernel.AssertError(Errno.EIO, kernel.SendRead(100, 0, 100));
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        kernel.Close();
        await kernel.Server.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_end_of_the_connection_cancels_what_waits()
    {
        TaskCompletionSource cancelled = new();
        ScriptedFile file = new(100, async (_, _, _, token) =>
        {
            await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
        });
        FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        kernel.SendRead(100, 0, 100);
        kernel.AssertSilent();
        kernel.Close();
        Assert.Equal(FuseEnd.Unmounted, await kernel.Server.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken));
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await kernel.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_answers_what_waits()
    {
        ScriptedFile file = new(100, async (_, _, _, token) => await Task.Delay(Timeout.Infinite, token));
        // One reader takes them in order: with two, the read may still be on its way in when the other one answers.
        FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("f", file), new FuseMountOptions { ReaderThreads = 1 });
        ulong read = kernel.SendRead(100, 0, 100);
        kernel.AssertSilent();
        await kernel.Server.DisposeAsync();
        kernel.AssertError(Errno.EIO, read);
        kernel.Close();
    }

    [Fact]
    public async Task A_flood_of_unknown_interrupts_is_forgotten_not_kept()
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem());
        for (ulong unique = 1000; unique < 1000 + (4 * InFlightTable.MaxEarlyInterrupts); unique += 2)
        {
            kernel.SendInterrupt(unique);
        }

        kernel.AssertSilent();
        Assert.Equal(0, kernel.Server.RequestsInFlight);
    }

    // One reader takes requests and interrupts in order.
    private static FakeKernel Connect(Task preparation, StoppedProcess caller)
    {
        MemoryFileSystem files = new() { Preparation = preparation };
        FakeKernel kernel = FakeKernel.Connect(
            files.With("f", new MemoryFile(100)), new FuseMountOptions { ReaderThreads = 1 });
        kernel.Caller = caller.Id;
        return kernel;
    }

    private static void Drain(FakeKernel kernel, HashSet<ulong> open)
    {
        while (open.Count > 0)
        {
            (int error, ulong unique, _) = kernel.ReceiveAny();
            Assert.Contains(error, new[] { 0, -(int)Errno.EINTR });
            Assert.True(open.Remove(unique), "answered twice");
        }
    }

    private static nint ZeroAddress() => VdiFs.Fuse.Device.ZeroMapping.Address;

    private sealed class Lease(Action returned) : IDisposable
    {
        public void Dispose() => returned();
    }
}
