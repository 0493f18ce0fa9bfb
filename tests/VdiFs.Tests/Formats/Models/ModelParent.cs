namespace VdiFs.Tests.Formats.Models;

/// <summary>What a model of a delta is told of its parent.</summary>
internal sealed record ModelParent(TestDelta Delta, string Format, string Name)
{
    /// <summary>Whether any granule that touches the range is changed; the range may end behind the disk.</summary>
    internal bool IsAnyChanged(int offset, int length)
    {
        int granuleBytes = Delta.Child.GranuleBytes;
        for (int granule = offset / granuleBytes; granule <= (offset + length - 1) / granuleBytes; granule++)
        {
            if (granule < Delta.Child.Allocated.Length && Delta.Changed.IsAllocated(granule))
            {
                return true;
            }
        }

        return false;
    }
}
