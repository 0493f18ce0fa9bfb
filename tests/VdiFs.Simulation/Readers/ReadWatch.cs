using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scheduling;

namespace VdiFs.Simulation.Readers;

/// <summary>Watches one wait: it must end within the read deadline, and at once when its reader leaves.</summary>
internal sealed class ReadWatch : IDisposable
{
    /// <summary>What a wait may take beyond the read deadline, for the last attempt's own cleaning up.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly Stage _stage;
    private readonly string _what;
    private readonly ScheduledEvent _late;
    private ScheduledEvent? _leaving;
    private bool _isOver;

    public ReadWatch(Stage stage, string what)
    {
        _stage = stage;
        _what = what;
        TimeSpan limit = stage.Scenario.ReadDeadline + Margin;
        _late = stage.Schedule.After(
            limit, () => stage.Report(FindingKind.Hang, $"{what} has not ended after {limit}"));
    }

    /// <summary>Cancels after a time; whoever then waits on, waits too long.</summary>
    public void CancelAfter(TimeSpan delay, CancellationTokenSource source)
    {
        _leaving = _stage.Schedule.After(delay, () =>
        {
            _stage.Trace.Note("leave", 0);
            source.Cancel();

            // Happens when everything that follows from the cancellation is done.
            _stage.Schedule.After(TimeSpan.Zero, CheckLeft);
        });
    }

    public void Dispose()
    {
        _isOver = true;
        _late.Cancel();
        _leaving?.Cancel();
    }

    private void CheckLeft()
    {
        if (!_isOver)
        {
            _stage.Report(FindingKind.Hang, $"{_what} has not ended when it was cancelled");
        }
    }
}
