using System.Text;
using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>What holds for every input: it ends, allocates within bounds, and fails in one way only.</summary>
internal static class Guarded
{
    private const long FixedBytes = 4 << 20;
    private const long BytesPerInputByte = 256;

    /// <summary>What turns a hang into a finding.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static readonly NbdUri Uri = NbdUri.TryParse("nbd://fuzz/", out NbdUri? uri, out string error)
        ? uri
        : throw new InvalidOperationException(error);

    /// <summary>Sizes of the pieces in which an input arrives.</summary>
    public static int PieceBytes(int choice) => (choice & 3) switch
    {
        0 => int.MaxValue,
        1 => 1,
        2 => 3,
        _ => 64,
    };

    /// <summary>Runs a conversation; NbdException is an answer, everything else a finding.</summary>
    public static void Run(byte[] input, Func<Task> conversation)
    {
        long before = GC.GetTotalAllocatedBytes();
        try
        {
            Task task = conversation();
            if (!task.IsCompleted && !Task.WaitAny([task], Patience).Equals(0))
            {
                throw new FuzzFailureException("it hangs");
            }

            task.GetAwaiter().GetResult();
        }
        catch (NbdException expected)
        {
            EnsureOneLine(expected);
        }

        long allocated = GC.GetTotalAllocatedBytes() - before;
        if (allocated > FixedBytes + (BytesPerInputByte * input.Length))
        {
            throw new FuzzFailureException($"{allocated} bytes were allocated for {input.Length}");
        }
    }

    /// <summary>A server's words may not break the lines of a log.</summary>
    public static void EnsureOneLine(NbdException failure)
    {
        if (failure.Message.EnumerateRunes().Any(Rune.IsControl))
        {
            throw new FuzzFailureException($"a message with a control character: {failure.Message}");
        }
    }
}
