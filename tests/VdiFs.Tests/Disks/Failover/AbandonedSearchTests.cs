using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>A search for servers lasts as long as somebody wants the disk.</summary>
public sealed class AbandonedSearchTests
{
    [Fact]
    public async Task Nobody_is_asked_any_more_once_the_last_reader_has_left()
    {
        ManualClock clock = new();
        ScriptedDirectory directory = new(
            () => throw new DiskException(DiskErrorKind.Unreachable, "the coordinator does not answer"));
        FailoverOptions options = new() { TimeProvider = clock, ReadDeadline = TimeSpan.FromDays(1) };
        await using FailoverDisk disk = LazyDisk.Create(directory, options: options);
        using CancellationTokenSource leaving = new();
        Task read = disk.ReadAsync(0, [new byte[4096]], leaving.Token).AsTask();
        await clock.PassUntilAsync(() => directory.Asked >= 3, TimeSpan.FromSeconds(1));

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        await clock.PassUntilAsync(() => clock.IsIdle, TimeSpan.FromSeconds(1));

        int asked = directory.Asked;
        int steps = 0;
        await clock.PassUntilAsync(() => ++steps > 100, options.DirectoryInterval);
        Assert.Equal(asked, directory.Asked);
    }
}
