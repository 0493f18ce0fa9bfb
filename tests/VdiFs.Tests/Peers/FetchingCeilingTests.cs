using VdiFs.Peers.Racing;
using Xunit;

namespace VdiFs.Tests.Peers;

/// <summary>What the benchmark calls the ceiling for who has to fetch.</summary>
public sealed class FetchingCeilingTests
{
    private static readonly Sample Fetching = Run(speed: 4096, cpu: 0.2, serverCpu: 0.3);

    [Fact]
    public void All_processors_are_busy_with_showing_fetching_and_the_server()
    {
        // 0.5 + 0.2 + 0.3 s for each GiB, shared by two.
        Sample both = FetchingCeiling.Of(Run(speed: 3000, cpu: 0.5, serverCpu: 0), Fetching, processors: 2)!;
        Assert.Equal(2048, both[Figure.Speed], tolerance: 0.001);
    }

    [Theory]
    [InlineData(1500, 4096, 1500)]
    [InlineData(3000, 700, 700)]
    public void It_is_no_faster_than_either_alone(double serving, double fetching, double expected)
    {
        Sample both = FetchingCeiling.Of(
            Run(serving, cpu: 0.5, serverCpu: 0), Run(fetching, cpu: 0.2, serverCpu: 0.3), processors: 2)!;
        Assert.Equal(expected, both[Figure.Speed], tolerance: 0.001);
    }

    [Fact]
    public void Its_processor_time_leaves_the_server_out_as_everyones_does()
    {
        Sample both = FetchingCeiling.Of(Run(speed: 3000, cpu: 0.5, serverCpu: 0), Fetching, processors: 2)!;
        Assert.Equal(0.7, both[Figure.Cpu], tolerance: 0.001);
    }

    [Fact]
    public void A_round_in_which_either_failed_has_none()
    {
        Assert.Null(FetchingCeiling.Of(serving: null, Fetching, processors: 2));
        Assert.Null(FetchingCeiling.Of(Fetching, fetching: null, processors: 2));
    }

    private static Sample Run(double speed, double cpu, double serverCpu) =>
        new() { [Figure.Speed] = speed, [Figure.Cpu] = cpu, [Figure.ServerCpu] = serverCpu };
}
