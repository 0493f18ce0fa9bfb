namespace VdiFs.Tests.Disks.Failover;

/// <summary>Chance that leaves lists as they are.</summary>
internal sealed class PickFirst : Random
{
    public override int Next(int minValue, int maxValue) => minValue;
}
