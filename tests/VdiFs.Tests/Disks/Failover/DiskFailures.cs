using VdiFs.Disks;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

internal static class DiskFailures
{
    /// <summary>Awaits a failure of this kind and returns it.</summary>
    public static async Task<DiskException> FailsAsync(this Task task, DiskErrorKind kind)
    {
        DiskException failure =
            await Assert.ThrowsAsync<DiskException>(() => task.WaitAsync(ScriptedNbdServer.Bound));
        Assert.Equal(kind, failure.Kind);
        return failure;
    }
}
