using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Proofs;
using VdiFs.Tests.Nbd.Faults;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Faults;

/// <summary>
/// The first connection of a disk is cut after every byte of either side, the second is good: every read brings the
/// right bytes, as if nothing had happened.
/// </summary>
[Collection(nameof(Alone))]
public sealed class CutUnderADiskTests
{
    // Most of a session is waiting for the other side: several at a time keep two processors busy.
    private const int Lanes = 4;

    /// <summary>A connection that was on its way when its disk was closed may take a cut with it.</summary>
    private const int Tries = 3;

    [Theory]
    [InlineData("block status", true, false)]
    [InlineData("block status", true, true)]
    [InlineData("block status", false, false)]
    [InlineData("block status", false, true)]
    [InlineData("simple", true, false)]
    [InlineData("simple", true, true)]
    [InlineData("export name", true, false)]
    [InlineData("export name", true, true)]
    public async Task A_connection_cut_at_any_byte_is_not_noticed(string name, bool ofServer, bool byReset)
    {
        GoodSession session = GoodSession.All.Single(candidate => candidate.Name == name);
        ProofLine proof = new("cut-at-every-byte");
        int sockets = Held.Sockets();
        CutCount[] counts = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane =>
            CutAsync(session, lane, after => new Cut(ofServer, after, byReset))));
        proof.Faults = counts.Sum(count => count.Cuts);
        proof.BytesVerified = counts.Sum(count => count.BytesVerified);
        proof.Reads = proof.BytesVerified / GoodSession.ReadBytes;
        Assert.True(proof.Faults > (ofServer ? GoodSession.DiskBytes : 0), $"only {proof.Faults} cuts");
        proof.Leaks = await Held.LeakedSocketsAsync(sockets, ScriptedNbdServer.Bound);
        proof.Detail("session", name + ", then a good one");
        proof.Detail("cut", (ofServer ? "server's" : "client's") + " bytes by " + (byReset ? "RST" : "FIN"));
        proof.Write();
        Assert.Equal(0, proof.Leaks);
    }

    /// <summary>Cuts after each byte of one lane, until no first connection comes so far.</summary>
    private static async Task<CutCount> CutAsync(GoodSession session, int lane, Func<long, Cut> cutAfter)
    {
        CutCount count = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.StartTcp(session.ServeForEverAsync);
        NbdUri uri = server.Uri();
        await using CuttingProxy proxy = new(new IPEndPoint(IPAddress.Loopback, uri.Port));
        uri = uri with { Port = proxy.Port };
        for (long after = lane, tries = 0; tries < Tries;)
        {
            Cut cut = cutAfter(after);
            int cutsBefore = proxy.CutCount;
            proxy.Enqueue(cut);
            count.BytesVerified += await ReadAllAsync(session, uri, cut);
            await proxy.AllEndedAsync();
            bool isCut = proxy.CutCount > cutsBefore;
            count.Cuts += isCut ? 1 : 0;
            after += isCut ? Lanes : 0;
            tries = isCut ? 0 : tries + 1;
        }

        return count;
    }

    /// <summary>Returns how many bytes were compared.</summary>
    private static async Task<long> ReadAllAsync(GoodSession session, NbdUri uri, Cut cut)
    {
        FailoverOptions failover = new()
        {
            ReadDeadline = ScriptedNbdServer.Bound,
            BackoffFloor = TimeSpan.FromTicks(1),
            BackoffCeiling = TimeSpan.FromTicks(1),
            Random = new Random(1),
        };
        OpenedSource opened;
        try
        {
            opened = await NbdSource
                .OpenAsync([uri], new NbdClientOptions(), failover, NullLogger.Instance, CancellationToken.None)
                .WaitAsync(ScriptedNbdServer.Bound * 2);
        }
        catch (DiskException failure) when (failure.Kind == DiskErrorKind.NotFound && session.NameAnswerBytes > 0)
        {
            // An orderly end in the place of the answer to EXPORT_NAME is how such servers say no.
            return 0;
        }

        await using IDisk disk = opened.Disk;
        Task<byte[]>[] reads =
            [.. Enumerable.Range(0, GoodSession.Reads).Select(i => ReadAsync(disk, i * GoodSession.ReadStride))];
        foreach ((int i, Task<byte[]> read) in reads.Index())
        {
            byte[] expected = session.Expected(i * GoodSession.ReadStride, GoodSession.ReadBytes);
            byte[] bytes = await read;
            Assert.True(expected.AsSpan().SequenceEqual(bytes), $"wrong bytes after {cut}");
        }

        return reads.Length * GoodSession.ReadBytes;
    }

    private static async Task<byte[]> ReadAsync(IDisk disk, long diskOffset)
    {
        byte[] bytes = new byte[GoodSession.ReadBytes];
        await disk.ReadAsync(diskOffset, [bytes], CancellationToken.None)
            .AsTask().WaitAsync(ScriptedNbdServer.Bound * 2);
        return bytes;
    }
}
