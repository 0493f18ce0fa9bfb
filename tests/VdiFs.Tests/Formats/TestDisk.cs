using System.Buffers.Binary;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Tests.Formats;

/// <summary>
/// A small disk with all its bytes. Every allocated word differs from every other, so no mix-up goes unseen.
/// </summary>
internal sealed class TestDisk
{
    private const int Mebibyte = 1024 * 1024;
    private const int LongestLength = 7 * Mebibyte;

    private readonly string _name;

    private TestDisk(int length, int granuleBytes, bool[] allocated, DiskIdentity identity, string name)
    {
        _name = name;
        GranuleBytes = granuleBytes;
        Allocated = allocated;
        Identity = identity;
        Content = new byte[length];
        byte[] word = new byte[8];
        for (int offset = 0; offset < length; offset += word.Length)
        {
            if (allocated[offset / granuleBytes])
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, (ulong)(offset + 1) * 0x9E3779B97F4A7C15);
                word.AsSpan(0, Math.Min(word.Length, length - offset)).CopyTo(Content.AsSpan(offset));
            }
        }
    }

    /// <summary>Disks of awkward sizes and maps.</summary>
    internal static Gen<TestDisk> Any { get; } =
        Gen.Select(Lengths(), Gen.OneOf(512, 4096, 65536, 65536, Mebibyte, 4 * Mebibyte), Patterns(), Identities())
            .Select(made => Create(made.Item1, made.Item2, made.Item3.Name, made.Item3.IsAllocated, made.Item4));

    internal static DiskIdentity SomeIdentity { get; } = new(
        Guid.Parse("6d2f4c1a-9b3e-4f57-8a10-2c5d7e9f1b34"), new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    internal byte[] Content { get; }

    internal int GranuleBytes { get; }

    internal bool[] Allocated { get; }

    internal DiskIdentity Identity { get; }

    /// <summary>A disk with just these granules of 64 KiB allocated.</summary>
    internal static TestDisk With(int length, params int[] granules) =>
        Create(
            length,
            65536,
            $"granules {string.Join(' ', granules)}",
            (granule, _) => granules.Contains(granule),
            SomeIdentity);

    /// <summary>The same disk with another allocation, as another snapshot.</summary>
    internal TestDisk Later(bool[] allocated) => new(
        Content.Length,
        GranuleBytes,
        allocated,
        new DiskIdentity(
            new Guid([.. Identity.Uuid.ToByteArray().Select(value => (byte)~value)]), SomeIdentity.SnapshotTime),
        "later than " + _name);

    internal AllocationMap Map()
    {
        AllocationMapBuilder builder = new(Content.Length, GranuleBytes);
        for (int granule = 0; granule < Allocated.Length; granule++)
        {
            if (Allocated[granule])
            {
                long offset = (long)granule * GranuleBytes;
                builder.Mark(offset, Math.Min(GranuleBytes, Content.Length - offset));
            }
        }

        return builder.Build();
    }

    /// <summary>Whether any granule that touches the range is allocated; the range may end behind the disk.</summary>
    internal bool IsAnyAllocated(int offset, int length)
    {
        for (int granule = offset / GranuleBytes; granule <= (offset + length - 1) / GranuleBytes; granule++)
        {
            if (granule < Allocated.Length && Allocated[granule])
            {
                return true;
            }
        }

        return false;
    }

    public override string ToString() =>
        $"{Content.Length} bytes, granules of {GranuleBytes}, {_name}, {Identity.Uuid} at {Identity.SnapshotTime:O}";

    private static TestDisk Create(
        int length, int granuleBytes, string name, Func<int, int, bool> isAllocated, DiskIdentity identity)
    {
        int count = (length + granuleBytes - 1) / granuleBytes;
        bool[] allocated = [.. Enumerable.Range(0, count).Select(granule => isAllocated(granule, count))];
        return new TestDisk(length, granuleBytes, allocated, identity, name);
    }

    private static Gen<int> Lengths() => Gen.OneOf(
        Gen.OneOf(1, 511, 512, 513, 1024, 1536, 4096, 65535, 65536, 66048),
        Gen.Select(Gen.Int[1, 3], Gen.OneOf(-65536, -4096, -512, -1, 0, 1, 512, 4096, 65536))
            .Select((count, delta) => count * 2 * Mebibyte + delta),
        Gen.Int[1, LongestLength / 512].Select(sectors => sectors * 512),
        Gen.Int[1, LongestLength]);

    private static Gen<(string Name, Func<int, int, bool> IsAllocated)> Patterns() => Gen.OneOf(
        Gen.OneOf<(string, Func<int, int, bool>)>(
            ("empty", (_, _) => false),
            ("full", (_, _) => true),
            ("first", (granule, _) => granule == 0),
            ("last", (granule, count) => granule == count - 1),
            ("all but the last", (granule, count) => granule < count - 1),
            ("alternating", (granule, _) => granule % 2 == 1)),
        Gen.Select(Gen.Int[1, 200], Gen.Int[0, 1_000_000]).Select((run, seed) => RandomRuns(run, seed)));

    private static (string Name, Func<int, int, bool> IsAllocated) RandomRuns(int run, int seed)
    {
        return ($"runs of {run} by seed {seed}", (granule, _) => Mix((ulong)(seed + granule / run)) % 3 == 0);

        // The finishing step of MurmurHash3: a generator per granule would take longer than the test.
        static ulong Mix(ulong value)
        {
            value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD;
            value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53;
            return value ^ value >> 33;
        }
    }

    private static Gen<DiskIdentity> Identities() =>
        Gen.Select(Gen.Guid, Gen.Long[DateTimeOffset.MinValue.UtcTicks, DateTimeOffset.MaxValue.UtcTicks])
            .Select((uuid, ticks) => new DiskIdentity(uuid, new DateTimeOffset(ticks, TimeSpan.Zero)));
}
