namespace VdiFs.Tests.Xapi.Events;

/// <summary>
/// The system's clock on a machine that a test lets sleep: the date goes on, the other clock does not.
/// </summary>
internal sealed class SleepingClock : TimeProvider
{
    private long _slept;

    public void Sleep(TimeSpan time) => Interlocked.Add(ref _slept, time.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _slept));
}
