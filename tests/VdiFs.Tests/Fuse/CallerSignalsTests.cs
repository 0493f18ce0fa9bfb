using System.Globalization;
using VdiFs.Fuse.Device;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>Which signals end a waiting call: what is pending, not blocked, and asks the program to end.</summary>
public sealed class CallerSignalsTests
{
    [Theory]
    [InlineData("SIGHUP", 1)]
    [InlineData("SIGINT", 2)]
    [InlineData("SIGQUIT", 3)]
    [InlineData("SIGKILL", 9)]
    [InlineData("SIGTERM", 15)]
    public void What_asks_a_program_to_end_does_even_if_it_is_handled(string name, int signal)
    {
        Assert.True(CallerSignals.AskToEnd(Status(ofThread: signal, caught: signal)), name);
        Assert.True(CallerSignals.AskToEnd(Status(ofProcess: signal, caught: signal)), name);
        Assert.True(CallerSignals.AskToEnd(Status(ofProcess: signal)), name);
        Assert.False(CallerSignals.AskToEnd(Status(ofProcess: signal, blocked: signal)), $"{name} blocked");
    }

    [Theory]
    [InlineData("SIGUSR1", 10)]
    [InlineData("SIGUSR2", 12)]
    [InlineData("SIGPIPE", 13)]
    [InlineData("SIGALRM", 14)]
    [InlineData("SIGCHLD", 17)]
    [InlineData("SIGCONT", 18)]
    [InlineData("SIGTSTP", 20)]
    [InlineData("SIGURG", 23)]
    [InlineData("SIGPROF", 27)]
    [InlineData("SIGWINCH", 28)]
    [InlineData("SIGIO", 29)]
    [InlineData("the first real-time signal", 34)]
    [InlineData("the last real-time signal", 64)]
    public void What_a_program_handles_on_its_way_does_not(string name, int signal)
    {
        Assert.False(CallerSignals.AskToEnd(Status(ofThread: signal, caught: signal)), name);
        Assert.False(CallerSignals.AskToEnd(Status(ofProcess: signal, caught: signal)), name);
    }

    [Theory]
    [InlineData("SIGILL", 4)]
    [InlineData("SIGTRAP", 5)]
    [InlineData("SIGABRT", 6)]
    [InlineData("SIGBUS", 7)]
    [InlineData("SIGFPE", 8)]
    [InlineData("SIGSEGV", 11)]
    [InlineData("SIGXCPU", 24)]
    [InlineData("SIGXFSZ", 25)]
    [InlineData("SIGSYS", 31)]
    public void What_dumps_core_does_unless_it_is_handled(string name, int signal)
    {
        Assert.True(CallerSignals.AskToEnd(Status(ofThread: signal)), name);
        Assert.False(CallerSignals.AskToEnd(Status(ofThread: signal, caught: signal)), name);
    }

    [Fact]
    public void A_caller_without_a_signal_waits_on()
    {
        Assert.False(CallerSignals.AskToEnd(Status()));
        Assert.False(CallerSignals.AskToEnd((uint)Environment.ProcessId));
    }

    [Fact]
    public void A_caller_that_cannot_be_looked_at_is_not_kept_waiting()
    {
        Assert.True(CallerSignals.AskToEnd(0));
        // Above the kernel's greatest, PID_MAX_LIMIT.
        Assert.True(CallerSignals.AskToEnd((4u << 20) + 1));
        Assert.True(CallerSignals.AskToEnd(uint.MaxValue));
    }

    // As Linux 6.1 writes it, shortened.
    private static string[] Status(int ofThread = 0, int ofProcess = 0, int blocked = 0, int caught = 0) =>
    [
        "Name:\tcp", "State:\tD (disk sleep)", "Tgid:\t4711", "SigQ:\t1/15000", $"SigPnd:\t{Mask(ofThread)}",
        $"ShdPnd:\t{Mask(ofProcess)}", $"SigBlk:\t{Mask(blocked)}", "SigIgn:\t0000000000001000",
        $"SigCgt:\t{Mask(caught)}", "CapInh:\t0000000000000000", "Cpus_allowed:\tffffffff",
    ];

    private static string Mask(int signal) =>
        (signal == 0 ? 0UL : 1UL << (signal - 1)).ToString("x16", CultureInfo.InvariantCulture);
}
