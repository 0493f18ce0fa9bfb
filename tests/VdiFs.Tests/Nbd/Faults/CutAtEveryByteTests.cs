using System.Net;
using VdiFs.Nbd;
using VdiFs.Proofs;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>
/// A good session, cut after every byte of either side, in order and by reset: what was complete is right, the rest is
/// an error of the right kind, and nothing is left behind.
/// </summary>
[Collection(nameof(Alone))]
public sealed class CutAtEveryByteTests
{
    // Most of a session is waiting for the other side: several at a time keep two processors busy.
    private const int Lanes = 4;

    public static TheoryData<string, bool, bool> Cuts
    {
        get
        {
            TheoryData<string, bool, bool> cuts = [];
            foreach (GoodSession session in GoodSession.All)
            {
                foreach ((bool ofServer, bool byReset) in
                    ((bool, bool)[])[(true, false), (true, true), (false, false), (false, true)])
                {
                    cuts.Add(session.Name, ofServer, byReset);
                }
            }

            return cuts;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_session_cut_at_any_byte_ends_in_right_bytes_or_a_clean_error(
        string name, bool ofServer, bool byReset)
    {
        GoodSession session = GoodSession.All.Single(candidate => candidate.Name == name);
        ProofLine proof = new("cut-at-every-byte");
        int sockets = Held.Sockets();
        CutCount[] counts = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane =>
            CutAsync(session, lane, after => new Cut(ofServer, after, byReset))));
        proof.Faults = counts.Sum(count => count.Cuts);
        proof.Reads = counts.Sum(count => count.Reads);
        proof.BytesVerified = counts.Sum(count => count.BytesVerified);
        proof.Leaks =
            await Held.AliveAsync([.. counts.SelectMany(count => count.Clients)], ScriptedNbdServer.Bound)
            + await Held.LeakedSocketsAsync(sockets, ScriptedNbdServer.Bound);
        proof.Detail("session", name);
        proof.Detail("cut", (ofServer ? "server's" : "client's") + " bytes by " + (byReset ? "RST" : "FIN"));
        proof.Write();
        Assert.Equal(0, proof.Leaks);
        Assert.True(proof.Reads > 0, "no cut came after the handshake");
    }

    /// <summary>Cuts after each byte of one lane, up to the first that the session does not come to.</summary>
    private static async Task<CutCount> CutAsync(GoodSession session, int lane, Func<long, Cut> cutAfter)
    {
        CutCount count = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.StartTcp(session.ServeAsync);
        NbdUri uri = server.Uri();
        await using CuttingProxy proxy = new(new IPEndPoint(IPAddress.Loopback, uri.Port));
        uri = uri with { Port = proxy.Port, IsTls = session.IsTls };
        Assert.True((await CutSession.RunAsync(session, uri)).IsWhole);
        await proxy.AllEndedAsync();
        bool isCut = true;
        for (long after = lane; isCut; after += Lanes)
        {
            Cut cut = cutAfter(after);
            proxy.Enqueue(cut);
            int cutsBefore = proxy.CutCount;
            CutSession seen = await CutSession.RunAsync(session, uri);
            await proxy.AllEndedAsync();
            isCut = proxy.CutCount > cutsBefore;
            Assert.True(isCut || seen.IsWhole, $"{cut}: failed without a cut");
            count.Cuts += isCut ? 1 : 0;
            count.BytesVerified += Check(session, cut, seen);
            count.Reads += seen.NotConnected is null ? GoodSession.Reads : 0;
            if (seen.Client is not null)
            {
                count.Clients.Add(seen.Client);
            }
        }

        return count;
    }

    /// <summary>Returns how many bytes were compared.</summary>
    private static long Check(GoodSession session, Cut cut, CutSession seen)
    {
        if (seen.NotConnected is { } refused)
        {
            Assert.True(MayNotConnect(session, cut, refused.Kind), $"{cut}: {refused}");
            return 0;
        }

        // Under TLS the place of a cut says nothing of what had passed: then bytes are right, or they are missing.
        bool isOfServer = cut.OfServer && !session.IsTls;
        Assert.True(!isOfServer || cut.After >= session.Complete[0], $"{cut}: a handshake without its end");
        long compared = 0;
        for (int i = 0; i < GoodSession.Reads; i++)
        {
            // What had not passed cannot have come; what had passed in order must have.
            bool mayCome = !isOfServer || cut.After >= session.Complete[1 + i];
            bool mustCome = isOfServer && !cut.ByReset && mayCome;
            if (seen.Bytes[i] is { } bytes)
            {
                Assert.True(mayCome, $"{cut}: read {i} succeeded before its last byte");
                Assert.Equal(session.Expected(i * GoodSession.ReadStride, GoodSession.ReadBytes), bytes);
                compared += bytes.Length;
            }
            else
            {
                Assert.True(
                    !mustCome && seen.Failures[i]!.Kind == NbdErrorKind.ConnectionLost,
                    $"{cut}: read {i}: {seen.Failures[i]}");
            }
        }

        Assert.True(
            seen.StatusFailure is null or { Kind: NbdErrorKind.ConnectionLost }, $"{cut}: {seen.StatusFailure}");
        return compared;
    }

    private static bool MayNotConnect(GoodSession session, Cut cut, NbdErrorKind kind) => kind switch
    {
        NbdErrorKind.HandshakeFailed =>
            session.IsTls || !cut.OfServer || cut.ByReset || cut.After < session.Complete[0],

        // The reset may come before the client has looked at its new connection.
        NbdErrorKind.ConnectFailed => cut.ByReset,

        // A server that knows options names its refusal; one that does not hangs up in the place of its answer.
        NbdErrorKind.ClosedAtOpening => session.NameAnswerBytes > 0
            && !cut.ByReset
            && (!cut.OfServer || cut.After == session.Complete[0] - session.NameAnswerBytes),
        _ => false,
    };
}
