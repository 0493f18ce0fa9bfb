using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.EndToEnd.Pools;

/// <summary>5,000 VMs with 20,000 disks.</summary>
public sealed class LargePoolTests() : PoolTest(isLarge: true)
{
    [Fact]
    public void A_large_pool_is_mounted_and_walked_without_one_connection()
    {
        VdifsMount mount = Pool.Mount();

        string count = Command.BashOk("find \"$1\" -type d | wc -l", mount.Directory).Trim();

        // A directory per VM, its snapshots', and three per disk.
        Assert.True(int.Parse(count, CultureInfo.InvariantCulture) > 65_000, $"{count} directories");
        Assert.Equal(0, Pool.NbdConnections);
        Assert.Equal(0, Pool.ExportsServed);
    }
}
