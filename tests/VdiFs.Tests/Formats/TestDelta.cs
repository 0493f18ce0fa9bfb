using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Tests.Formats;

/// <summary>
/// A disk and what it was before: some granules have other bytes, some are not allocated any more, some newly so, and
/// some are said to be changed and are not.
/// </summary>
internal sealed class TestDelta
{
    private readonly bool[] _changed;

    private TestDelta(TestDisk parent, TestDisk child, bool[] changed)
    {
        Parent = parent;
        Child = child;
        _changed = changed;
        AllocationMapBuilder builder = new(child.Content.Length, child.GranuleBytes);
        for (int granule = 0; granule < changed.Length; granule++)
        {
            int start = granule * child.GranuleBytes;
            int length = Math.Min(child.GranuleBytes, child.Content.Length - start);
            if (changed[granule])
            {
                builder.Mark(start, length);
            }
            else
            {
                parent.Content.AsSpan(start, length).CopyTo(child.Content.AsSpan(start));
            }
        }

        Changed = builder.Build();
    }

    /// <summary>Deltas of awkward sizes and maps.</summary>
    internal static Gen<TestDelta> Any { get; } =
        Gen.Select(TestDisk.Any, Gen.Int[0, 1_000_000]).Select((disk, seed) => Of(disk, seed));

    internal TestDisk Parent { get; }

    internal TestDisk Child { get; }

    internal AllocationMap Changed { get; }

    /// <summary>A delta on top of a disk.</summary>
    internal static TestDelta Of(TestDisk parent, int seed)
    {
        Random random = new(seed);
        int share = random.Next(5);
        bool[] changed = [.. parent.Allocated.Select(_ => random.Next(4) < share)];
        // Another allocation only where something changed.
        bool[] allocated = [.. parent.Allocated.Select((was, granule) => changed[granule] ? random.Next(3) > 0 : was)];
        TestDisk child = parent.Later(allocated);
        for (int granule = 0; granule < changed.Length; granule++)
        {
            if (changed[granule] && allocated[granule] && random.Next(4) > 0)
            {
                int start = granule * child.GranuleBytes;
                foreach (ref byte value in child.Content.AsSpan(
                    start, Math.Min(child.GranuleBytes, child.Content.Length - start)))
                {
                    value ^= 0x5A;
                }
            }
        }

        return new TestDelta(parent, child, changed);
    }

    /// <summary>Whether any granule that touches the range is changed; the range may end behind the disk.</summary>
    internal bool IsAnyChanged(int offset, int length)
    {
        for (int granule = offset / Child.GranuleBytes; granule <= (offset + length - 1) / Child.GranuleBytes; granule++)
        {
            if (granule < _changed.Length && _changed[granule])
            {
                return true;
            }
        }

        return false;
    }

    public override string ToString() => $"{Parent}, {Changed.AllocatedGranules} granules changed";
}
