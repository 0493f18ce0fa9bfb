using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Readers;

/// <summary>Reads as its plan says, compares every byte, and watches the time.</summary>
internal sealed class Reader(Stage stage, ReaderPlan plan, int number, OpenDisk disk, Tally tally)
{
    private readonly Random _chance = stage.Scenario.Chance(200 + number);
    private readonly Oracle _oracle = new(stage);
    private long _position;

    public async Task RunAsync()
    {
        for (int i = 0; i < plan.Reads; i++)
        {
            await stage.Schedule.DelayAsync(Pause());
            (long diskOffset, int length) = Next();
            if (length > 0)
            {
                await ReadOnceAsync(diskOffset, length);
            }
        }
    }

    private TimeSpan Pause() => plan.MeanPause * -Math.Log(1 - _chance.NextDouble());

    private (long DiskOffset, int Length) Next()
    {
        int length = _chance.Next(1, plan.LongestRead + 1);
        long diskOffset = plan.Walk switch
        {
            Walk.Sequential => _position,
            Walk.Overlapping => Math.Min(disk.Length - 1, _chance.Next(512 * 1024)),
            _ => _chance.NextInt64(disk.Length),
        };
        length = (int)Math.Min(length, disk.Length - diskOffset);
        _position = diskOffset + length >= disk.Length ? 0 : diskOffset + length;
        return (diskOffset, length);
    }

    private async Task ReadOnceAsync(long diskOffset, int length)
    {
        tally.Reads++;
        stage.Trace.Note("read", number, diskOffset, length);
        Borrower borrower = new(stage.Scenario.Content, diskOffset);
        if (!disk.Reader.TryLend(diskOffset, length, borrower))
        {
            borrower.Return();
            borrower = new Borrower(stage.Scenario.Content, diskOffset);
            if (!await FetchAsync(diskOffset, length, borrower))
            {
                borrower.Return();
                return;
            }
        }

        Compare(borrower, diskOffset, length);
        if (_chance.Next(8) == 0)
        {
            // What is lent stays as it is until it is given back, whatever happens meanwhile.
            await stage.Schedule.DelayAsync(Pause());
            Compare(borrower, diskOffset, length);
        }

        borrower.Return();
    }

    /// <summary>A read that is not cached; whether it succeeded.</summary>
    private async Task<bool> FetchAsync(long diskOffset, int length, Borrower borrower)
    {
        using CancellationTokenSource leaving = new();
        using ReadWatch watch = new(stage, $"the read of {length} bytes at {diskOffset}");
        if (_chance.NextDouble() < plan.CancelRate)
        {
            watch.CancelAfter(TimeSpan.FromSeconds(30 * Math.Pow(_chance.NextDouble(), 4)), leaving);
        }

        try
        {
            await disk.Limit.RunAsync(
                limit => ReadAllAsync(diskOffset, length, borrower, limit), leaving.Token);
            stage.Trace.Note("done", number, diskOffset, length);
            return true;
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            tally.Cancelled++;
            stage.Trace.Note("cancelled", number, diskOffset, length);
        }
        catch (DiskException exception)
        {
            tally.Errors++;
            stage.Trace.Note("error", number, diskOffset, (long)exception.Kind);
            stage.Trace.Say($"{exception.Kind}: {exception.Message}");
            JudgeError(exception, diskOffset, length);
        }
#pragma warning disable CA1031 // Whatever else comes out is a finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            stage.Report(FindingKind.StrangeException, $"a read threw {exception}");
        }

        return false;
    }

    /// <summary>As a file of a mount reads its disk.</summary>
    private async ValueTask ReadAllAsync(
        long diskOffset, int length, Borrower borrower, CancellationToken cancellationToken)
    {
        int blocks = DiskRead.CountBlocks(diskOffset, length);
        using DiskRead read = await disk.Reader.BeginReadAsync(blocks, cancellationToken);
        disk.Reader.Start(read, diskOffset, length);
        await read.LendAsync(diskOffset, length, borrower, cancellationToken);
    }

    private void Compare(Borrower borrower, long diskOffset, int length)
    {
        if (borrower.Length != length)
        {
            stage.Report(
                FindingKind.WrongBytes, $"{borrower.Length} bytes instead of {length} at {diskOffset}");
        }
        else if (borrower.FindWrongByte() is { } wrong)
        {
            stage.Report(
                FindingKind.WrongBytes, $"a read of {length} bytes at {diskOffset} has a wrong byte at {wrong}");
        }

        tally.BytesVerified += borrower.Length;
    }

    private void JudgeError(DiskException exception, long diskOffset, int length)
    {
        if (_oracle.Doubt(exception.Kind, diskOffset, length) is { } doubt)
        {
            stage.Report(
                FindingKind.NeedlessError,
                $"a read of {length} bytes at {diskOffset} failed although {doubt}: "
                + $"{exception.Kind}: {exception.Message}");
        }
    }
}
