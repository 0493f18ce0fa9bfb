using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>
/// What no honest server does: the question fails with the right kind, the connection is given up, nothing hangs, and
/// no length is believed before it is checked.
/// </summary>
[Collection(nameof(Alone))]
public sealed class LyingServerTests(LieProof proof) : IClassFixture<LieProof>
{
    public static TheoryData<string> Names => [.. LieTable.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_lie_is_found_out(string name)
    {
        Lie lie = LieTable.All[name];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await using (ScriptedNbdServer server = ScriptedNbdServer.Start(lie.Servers))
        {
            NbdException failure = await lie.Question(server).FailsAsync(lie.Kind);
            Assert.Equal(
                lie.Kind is NbdErrorKind.ConnectionLost
                    || (lie.Kind is NbdErrorKind.ServerError && failure.Errno is NbdErrno.InputOutput),
                failure.IsTransient);
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(allocated <= lie.MemoryLimit, $"{allocated} bytes were allocated");
        proof.Add(allocated);
    }
}
