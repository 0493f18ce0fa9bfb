using VdiFs.Disks.Slots;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Slots;

public sealed class HostSlotsTests
{
    private readonly ManualClock _clock = new();
    private readonly HostSlotOptions _options;
    private readonly HostSlots _slots;

    public HostSlotsTests()
    {
        _options = new HostSlotOptions { PerHost = 2, TimeProvider = _clock };
        _slots = new HostSlots(_options);
    }

    [Fact]
    public async Task Those_who_wait_come_in_their_order_and_one_that_leaves_is_passed_over()
    {
        SlotUser busy = new();
        SlotAccount account = _slots.Open("host", busy);
        SlotLease[] leases = [await TakeAsync(account), await TakeAsync(_slots.Open("host", new SlotUser()))];
        using CancellationTokenSource leaving = new();
        Task<SlotLease> first = Wait();
        Task<SlotLease> leaver = _slots.Open("host", new SlotUser()).TakeAsync(leaving.Token);
        Task<SlotLease> second = Wait();
        Assert.False(first.IsCompleted || leaver.IsCompleted || second.IsCompleted);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver.BoundedAsync());
        leases[0].Dispose();
        await first.BoundedAsync();
        Assert.False(second.IsCompleted);
        leases[0].Dispose();
        Assert.False(second.IsCompleted);
        leases[1].Dispose();
        await second.BoundedAsync();
    }

    [Fact]
    public async Task Hosts_have_their_own_slots()
    {
        await TakeAsync(_slots.Open("one", new SlotUser()));
        await TakeAsync(_slots.Open("ONE", new SlotUser()));
        Assert.False(Wait("One").IsCompleted);
        Assert.True(Wait("two").IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Further_connections_take_what_is_free_and_go_first()
    {
        (SlotUser user, SlotAccount account) = await ConnectAsync();
        user.Add(account.TryTake()!);
        Assert.Null(account.TryTake());
        await Wait().BoundedAsync();
        Assert.Equal(1, user.Held);
        Assert.False(Wait().IsCompleted);
        Assert.Equal(1, user.Held);
    }

    [Fact]
    public async Task Nobody_gets_a_further_one_while_somebody_waits()
    {
        (SlotUser user, SlotAccount account) = await ConnectAsync();
        await ConnectAsync();
        Task<SlotLease> waiter = Wait();
        Task<SlotLease> next = Wait();
        user.IdleFor = _options.IdleGrace;
        _clock.Advance(_options.Pulse);
        await waiter.BoundedAsync();
        Assert.Null(account.TryTake());
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task An_idle_disk_gives_way_at_once_and_a_busy_one_when_its_turn_is_over()
    {
        (SlotUser idle, _) = await ConnectAsync();
        (SlotUser busy, _) = await ConnectAsync();
        idle.IdleFor = _options.IdleGrace;
        await Wait().BoundedAsync();
        Assert.Equal((0, 1), (idle.Held, busy.Held));

        Task<SlotLease> waiter = Wait();
        busy.ConnectedFor = _options.Turn - TimeSpan.FromTicks(1);
        _clock.Advance(_options.Pulse);
        Assert.False(waiter.IsCompleted);
        busy.ConnectedFor = _options.Turn;
        _clock.Advance(_options.Pulse);
        await waiter.BoundedAsync();
        Assert.Equal(0, busy.Held);
    }

    [Fact]
    public async Task A_disk_that_another_host_serves_too_gives_way_at_once()
    {
        (SlotUser needing, _) = await ConnectAsync();
        (SlotUser spare, _) = await ConnectAsync();
        spare.IsSpare = true;
        await Wait().BoundedAsync();
        Assert.Equal((1, 0), (needing.Held, spare.Held));
    }

    [Fact]
    public async Task A_disk_that_has_got_nothing_yet_keeps_its_turn_for_longer()
    {
        (SlotUser slow, _) = await ConnectAsync();
        await ConnectAsync();
        slow.HasDelivered = false;
        slow.ConnectedFor = _options.Turn * 5;
        Task<SlotLease> waiter = Wait();
        _clock.Advance(_options.Pulse);
        Assert.False(waiter.IsCompleted);
        slow.ConnectedFor = _options.Turn * 6;
        _clock.Advance(_options.Pulse);
        await waiter.BoundedAsync();
    }

    [Fact]
    public async Task One_that_is_only_just_connecting_is_let_finish()
    {
        (SlotUser connecting, _) = await ConnectAsync();
        await ConnectAsync();
        connecting.ConnectedFor = null;
        connecting.IdleFor = _options.Turn;
        Task<SlotLease> waiter = Wait();
        _clock.Advance(_options.Turn);
        Assert.False(waiter.IsCompleted);
        connecting.ConnectedFor = TimeSpan.Zero;
        _clock.Advance(_options.Pulse);
        await waiter.BoundedAsync();
    }

    [Fact]
    public async Task No_more_are_sent_away_than_wait()
    {
        (SlotUser one, _) = await ConnectAsync();
        (SlotUser other, _) = await ConnectAsync();
        one.ConnectedFor = _options.Turn;
        other.ConnectedFor = _options.Turn * 2;
        await Wait().BoundedAsync();
        Assert.Equal((1, 0), (one.Held, other.Held));
    }

    private static Task<SlotLease> TakeAsync(SlotAccount account) =>
        account.TakeAsync(CancellationToken.None).BoundedAsync();

    private async Task<(SlotUser User, SlotAccount Account)> ConnectAsync()
    {
        SlotUser user = new();
        SlotAccount account = _slots.Open("host", user);
        user.Add(await TakeAsync(account));
        return (user, account);
    }

    private Task<SlotLease> Wait(string host = "host") =>
        _slots.Open(host, new SlotUser()).TakeAsync(CancellationToken.None);
}
