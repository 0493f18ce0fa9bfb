using Microsoft.Extensions.Internal;

namespace VdiFs.Disks.Cache;

/// <summary>The clock of the cache's index, in the form that the index takes.</summary>
internal sealed class CacheClock(TimeProvider time) : ISystemClock
{
    public DateTimeOffset UtcNow => time.GetUtcNow();
}
