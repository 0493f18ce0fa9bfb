using VdiFs.Disks;
using VdiFs.Pool.Faults;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>xapi-nbd tells no errors: wherever something fails, it hangs up.</summary>
public sealed class HandshakeTests : SimulatedPoolTest
{
    private static readonly TimeSpan ShortDeadline = TimeSpan.FromSeconds(6);

    public static TheoryData<NbdHandshakeStep> Steps => [.. Enum.GetValues<NbdHandshakeStep>()];

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_host_that_hangs_up_in_the_handshake_is_an_error(NbdHandshakeStep step)
    {
        Pool.OnEveryHost(faults => faults.NbdEofAt = step);
        await Pool.MountAsync(ShortDeadline);

        DiskException error = await Pool.FailAsync(Pool.Snapshot);
        Assert.Equal(DiskErrorKind.Unreachable, error.Kind);
        Assert.Contains("--read-deadline", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_handshake_that_fails_for_a_while_delays_the_bytes(NbdHandshakeStep step)
    {
        Pool.OnEveryHost(faults => faults.NbdEofAt = step);
        await Pool.MountAsync();
        Task reading = Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.AllFailedAsync(Pool.Snapshot);
        Pool.State.Hosts[1].Faults.NbdEofAt = null;

        await reading;
    }
}
