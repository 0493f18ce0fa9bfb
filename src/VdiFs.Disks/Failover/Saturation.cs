namespace VdiFs.Disks.Failover;

/// <summary>
/// Tells readers who wait for their servers from those who take their time: to the former the servers owe much
/// all the time. Not thread-safe: its set's lock guards it.
/// </summary>
internal sealed class Saturation(FailoverOptions options)
{
    private long? _since;

    /// <summary>Whether the servers have been what readers wait for, all the time for a while.</summary>
    /// <param name="owedBytes">What each connected server owes, on average, before a read that begins.</param>
    public bool IsProvenBy(long owedBytes)
    {
        if (owedBytes < options.SaturatedBytes)
        {
            _since = null;
            return false;
        }

        _since ??= options.TimeProvider.GetTimestamp();
        return options.TimeProvider.GetElapsedTime(_since.Value) >= options.SaturatedFor;
    }

    /// <summary>There is a server more: whether that is enough is to be seen.</summary>
    public void Restart() => _since = null;
}
