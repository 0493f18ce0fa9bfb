using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

public sealed class FailoverPartsTests
{
    [Fact]
    public void Pauses_grow_to_the_ceiling_and_lie_anywhere_below()
    {
        Backoff backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), new Random(1));
        for (int failures = 1; failures < 100; failures++)
        {
            double limit = Math.Min(0.1 * Math.Pow(2, Math.Min(failures - 1, 30)), 10);
            double[] pauses = [.. Enumerable.Range(0, 200).Select(_ => backoff.After(failures).TotalSeconds)];
            Assert.All(pauses, pause => Assert.InRange(pause, 0, limit));
            Assert.True(pauses.Max() > limit * 0.8 && pauses.Min() < limit * 0.2);
        }
    }

    [Theory]
    [InlineData(2, 0.5)]
    [InlineData(300, 10)]
    public void A_server_that_is_back_is_found_within_a_quarter_of_the_deadline(double deadline, double longestPause)
    {
        FailoverOptions options = new FailoverOptions { ReadDeadline = TimeSpan.FromSeconds(deadline) }.FitToDeadline();
        Assert.Equal(TimeSpan.FromSeconds(longestPause), options.BackoffCeiling);
    }

    [Fact]
    public void A_history_keeps_both_ends_and_counts_what_repeats()
    {
        ManualClock clock = new();
        AttemptHistory history = new(clock);
        Assert.Equal("no attempt has ended", history.ToString());
        history.Add("lost");
        clock.Advance(TimeSpan.FromSeconds(1.5));
        for (int i = 0; i < 1000; i++)
        {
            history.Add("refused");
        }

        Assert.Equal("after 0.0 s: lost; after 1.5 s: refused (1000 times)", history.ToString());
        for (int i = 0; i < 1000; i++)
        {
            history.Add($"cause {i}");
        }

        string text = history.ToString();
        Assert.Equal(2001, history.Count);
        Assert.Contains("cause 1;", text, StringComparison.Ordinal);
        Assert.Contains("; 994 more;", text, StringComparison.Ordinal);
        Assert.EndsWith("cause 999", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cause 500", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Patience_is_three_times_what_nearly_all_reads_take()
    {
        LatencyTracker latency = new(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), latency.Patience);
        for (int i = 0; i < 6400; i++)
        {
            latency.Add(TimeSpan.FromMilliseconds(i % 1000 == 0 ? 5000 : 100));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(300), latency.Patience);
    }

    [Theory]
    [InlineData(0, new long[0])]
    [InlineData(1, new long[] { 0 })]
    [InlineData(4096, new long[] { 0 })]
    [InlineData(4097, new long[] { 0, 4096 })]
    [InlineData(16 * 4096, new long[] { 0, 3 * 4096, 7 * 4096, 11 * 4096, 15 * 4096 })]
    public void The_fixed_places_are_pages_from_first_to_last(long length, long[] expected) =>
        Assert.Equal(expected, ContentFingerprint.FixedPlaces(length));

    [Fact]
    public void The_fixed_places_of_the_largest_disk_lie_inside()
    {
        IReadOnlyList<long> places = ContentFingerprint.FixedPlaces(long.MaxValue);
        Assert.Equal(5, places.Count);
        Assert.Equal((long.MaxValue - 1) / 4096 * 4096, places[^1]);
    }

    [Fact]
    public void Sampled_witnesses_come_from_all_of_what_was_read()
    {
        ContentFingerprint fingerprint = new(new Random(7));
        const int reads = 4000;
        for (int i = 0; i < reads; i++)
        {
            byte[] bytes = new byte[8192];
            Array.Fill(bytes, (byte)(1 + (i % 250)));
            fingerprint.Offer(i * 8192L, [bytes]);
        }

        IReadOnlyList<Witness> witnesses = fingerprint.Witnesses;
        Assert.Equal(16, witnesses.Count);
        Assert.All(witnesses, witness =>
        {
            byte[] bytes = new byte[4096];
            Array.Fill(bytes, (byte)(1 + (witness.DiskOffset / 8192 % 250)));
            Assert.True(witness.Confirms(bytes));
            bytes[77]++;
            Assert.False(witness.Confirms(bytes));
        });
        Assert.Contains(witnesses, witness => witness.DiskOffset > reads * 8192L / 2);
        Assert.Contains(witnesses, witness => witness.DiskOffset < reads * 8192L / 2);
    }

    [Fact]
    public void Zeros_and_parts_of_pages_are_no_witnesses()
    {
        ContentFingerprint fingerprint = new(new Random(7));
        byte[] data = new byte[8192];
        Array.Fill(data, (byte)1);
        for (int i = 0; i < 1000; i++)
        {
            fingerprint.Offer(i * 8192L, [new byte[8192]]);
            fingerprint.Offer((i * 8192L) + 1, [data.AsMemory(0, 4096)]);
            fingerprint.Offer((i * 8192L) + 512, [data.AsMemory(0, 512)]);
        }

        Assert.Empty(fingerprint.Witnesses);
    }

    [Fact]
    public void Early_second_attempts_are_a_small_share_of_reads_and_few_at_once()
    {
        using SecondAttempts attempts = new(2);
        Assert.True(attempts.TryTakeEarly());
        Assert.True(attempts.TryTakeEarly());
        Assert.False(attempts.TryTakeEarly());
        int taken = 0;
        attempts.Return();
        for (int i = 0; i < 1000; i++)
        {
            attempts.Earn();
            if (attempts.TryTakeEarly())
            {
                taken++;
                attempts.Return();
            }
        }

        Assert.InRange(taken, 10, 13);
    }

    [Fact]
    public async Task Second_attempts_of_several_disks_share_their_places()
    {
        using SemaphoreSlim places = new(2);
        using SecondAttempts one = new(4, places);
        using SecondAttempts other = new(1, places);
        Assert.True(one.TryTakeEarly());
        await one.TakeAsync(TestContext.Current.CancellationToken);
        Assert.False(one.TryTakeEarly());
        Assert.False(other.TryTakeEarly());

        using CancellationTokenSource leaving = new();
        Task waiting = other.TakeAsync(leaving.Token);
        Assert.False(waiting.IsCompleted);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        one.Return();
        Assert.True(other.TryTakeEarly());
        other.Return();
        one.Return();
        Assert.Equal(2, places.CurrentCount);
    }
}
