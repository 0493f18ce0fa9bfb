using System.Globalization;

namespace VdiFs.Fuse.Device;

/// <summary>
/// Why the kernel interrupted a waiting caller. INTERRUPT says only that it has a signal; whether it is to end shows in
/// what is pending for it. Everything else (timers, children, a resized terminal, a stop, a tracer, the machine going
/// to sleep) interrupts no open or stat of a local disk, and few programs are prepared for EINTR from one.
/// </summary>
internal static class CallerSignals
{
    // Signal numbers of Linux on every architecture that .NET runs on: asm-generic/signal.h.
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int Kill = 9;
    private const int Terminate = 15;

    // How a user or a supervisor asks a program to end, which one that handles it can do only after its call returned.
    // A signal that kills without a core dump is SIGKILL by now for every thread (kernel/signal.c, complete_signal).
    private static readonly ulong Asking = MaskOf(Hangup, Interrupt, Quit, Kill, Terminate);

    // What kills with a core dump stays what it is. ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS.
    private static readonly ulong DumpingCore = MaskOf(4, 5, 6, 7, 8, 11, 24, 25, 31);

    /// <summary>Whether a thread is to end, by its signals.</summary>
    /// <param name="threadId">As in a request's header: 0 for one of a foreign pid namespace.</param>
    /// <returns>True also when that cannot be told: then it must not be kept waiting.</returns>
    public static bool AskToEnd(uint threadId)
    {
        if (threadId == 0)
        {
            return true;
        }

        try
        {
            // Takes no lock that a thread waiting for us could hold.
            return AskToEnd(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/status")));
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return true;
        }
    }

    /// <summary>As <see cref="AskToEnd(uint)"/>, by the lines of /proc/PID/status (proc_pid_status(5)).</summary>
    internal static bool AskToEnd(IEnumerable<string> status)
    {
        ulong pending = 0;
        ulong blocked = 0;
        ulong caught = 0;
        foreach (string line in status)
        {
            switch (line.Split(':', 2))
            {
                case ["SigPnd" or "ShdPnd", var mask]:
                    pending |= Parse(mask);
                    break;
                case ["SigBlk", var mask]:
                    blocked = Parse(mask);
                    break;
                case ["SigCgt", var mask]:
                    caught = Parse(mask);
                    break;
            }
        }

        return (pending & ~blocked & (Asking | (DumpingCore & ~caught))) != 0;
    }

    private static ulong MaskOf(params ReadOnlySpan<int> signals)
    {
        ulong mask = 0;
        foreach (int signal in signals)
        {
            mask |= 1UL << (signal - 1);
        }

        return mask;
    }

    private static ulong Parse(string mask) =>
        ulong.TryParse(mask.AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new InvalidDataException($"/proc: expected a signal mask, found '{mask}'");
}
