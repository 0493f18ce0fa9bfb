using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>What a client saw of a session that may have been cut.</summary>
internal sealed class CutSession
{
    private CutSession()
    {
    }

    /// <summary>Why there is no connection; null when there was one.</summary>
    public NbdException? NotConnected { get; private set; }

    /// <summary>The bytes of each read, or null when it failed.</summary>
    public byte[]?[] Bytes { get; } = new byte[GoodSession.Reads][];

    /// <summary>Why each read failed.</summary>
    public NbdException?[] Failures { get; } = new NbdException[GoodSession.Reads];

    /// <summary>Why the block status failed.</summary>
    public NbdException? StatusFailure { get; private set; }

    /// <summary>The client, to find out whether something still holds it.</summary>
    public WeakReference? Client { get; private set; }

    /// <summary>Whether nothing failed.</summary>
    public bool IsWhole => NotConnected is null && StatusFailure is null && Failures.All(failure => failure is null);

    /// <summary>Runs a session. Anything but an NbdException comes out, a hang as a TimeoutException.</summary>
    public static async Task<CutSession> RunAsync(GoodSession session, NbdUri uri)
    {
        CutSession seen = new();
        NbdClient client;
        try
        {
            client = await NbdClient
                .ConnectAsync(uri, session.Options, NullLogger.Instance, CancellationToken.None)
                .WaitAsync(ScriptedNbdServer.Bound);
        }
        catch (NbdException failure)
        {
            seen.NotConnected = failure;
            return seen;
        }

        seen.Client = new WeakReference(client);
        await using (client)
        {
            await seen.ReadAsync(session, client);
        }

        return seen;
    }

    private async Task ReadAsync(GoodSession session, NbdClient client)
    {
        Task<byte[]>[] reads = GoodSession.Read(client);
        for (int i = 0; i < reads.Length; i++)
        {
            try
            {
                Bytes[i] = await reads[i];
            }
            catch (NbdException failure)
            {
                Failures[i] = failure;
            }
        }

        try
        {
            await session.AskStatusAsync(client);
        }
        catch (NbdException failure)
        {
            StatusFailure = failure;
        }
    }
}
