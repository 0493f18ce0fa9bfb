using VdiFs.Disks.Failover;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

public sealed class EndpointLoadTests
{
    private const long Fetch = 1 << 20;
    private const double Usual = 100 << 20;

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _clock = new();

    [Fact]
    public void A_slow_server_gets_as_many_reads_fewer_as_it_is_slower()
    {
        EndpointLoad quick = new(_clock);
        EndpointLoad slow = new(_clock);
        Queue<long> ofQuick = [];
        Queue<long> ofSlow = [];
        int slowReads = 0;
        const int Reads = 1000;
        const int AtOnce = 30;
        int begun = 0;
        for (int millisecond = 1; begun < Reads; millisecond++)
        {
            for (; ofQuick.Count + ofSlow.Count < AtOnce; begun++)
            {
                bool isSlow = slow.Expect(Fetch, Usual) < quick.Expect(Fetch, Usual);
                (isSlow ? slow : quick).Begin(Fetch);
                (isSlow ? ofSlow : ofQuick).Enqueue(Fetch);
                slowReads += isSlow ? 1 : 0;
            }

            // One by one: the quick one a fetch in 1 ms, the slow one in 4.
            _clock.Advance(Millisecond);
            End(quick, ofQuick);
            if (millisecond % 4 == 0)
            {
                End(slow, ofSlow);
            }
        }

        // A fifth of all in the end, and no more at any time, so that the last ones are not waited for.
        Assert.InRange(slowReads, (Reads / 5) - 25, (Reads / 5) + 25);
        Assert.InRange(ofSlow.Count, (AtOnce / 5) - 2, (AtOnce / 5) + 2);
    }

    [Fact]
    public void A_server_that_owes_bytes_and_is_silent_is_expected_to_stay_so()
    {
        EndpointLoad silent = new(_clock);
        silent.Begin(Fetch);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2 + (2 * Fetch / Usual), silent.Expect(Fetch, Usual), precision: 6);
        silent.End(Fetch, isDelivered: false);
        Assert.Equal(Fetch / Usual, silent.Expect(Fetch, Usual), precision: 6);
    }

    [Fact]
    public void Time_in_which_nothing_is_owed_is_no_slowness()
    {
        EndpointLoad load = new(_clock);
        for (int i = 0; i < 3; i++)
        {
            load.Begin(Fetch);
            _clock.Advance(Millisecond);
            load.End(Fetch, isDelivered: true);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(Fetch * 1000.0, load.BytesPerSecond!.Value, precision: 0);
    }

    [Fact]
    public void A_server_that_slows_down_is_measured_anew()
    {
        EndpointLoad load = new(_clock);
        Deliver(load, count: 1000, Millisecond);
        Deliver(load, count: 100, 10 * Millisecond);
        Assert.InRange(load.BytesPerSecond!.Value, Fetch * 100.0, Fetch * 102.0);
    }

    private static void End(EndpointLoad load, Queue<long> reads)
    {
        if (reads.TryDequeue(out long bytes))
        {
            load.End(bytes, isDelivered: true);
        }
    }

    private void Deliver(EndpointLoad load, int count, TimeSpan each)
    {
        for (int i = 0; i < count; i++)
        {
            load.Begin(Fetch);
            _clock.Advance(each);
            load.End(Fetch, isDelivered: true);
        }
    }
}
