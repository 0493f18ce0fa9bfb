namespace VdiFs.Formats.Qcow2;

/// <summary>How often each cluster of a window of the file is referred to. What lies outside is not counted.</summary>
internal sealed class Qcow2References(int capacity)
{
    // The count, up to this many; above, whether the one that refers to it must be the only one.
    private const ushort MaxCount = 0x7FFF;
    private const ushort Alone = 0x8000;

    private readonly ushort[] _counts = new ushort[capacity];

    /// <summary>The window's first cluster.</summary>
    internal long First { get; private set; }

    /// <summary>Behind the window's last cluster.</summary>
    internal long End => First + _counts.Length;

    /// <summary>References to a cluster of the window; <see cref="MaxCount"/> stands for more too.</summary>
    internal int this[long cluster] => _counts[cluster - First] & MaxCount;

    /// <summary>Moves the window; nothing is counted in it yet.</summary>
    internal void Start(long first)
    {
        First = first;
        Array.Clear(_counts);
    }

    /// <summary>Counts a reference to a cluster that must have no other; returns whether it has.</summary>
    internal bool AddAlone(long cluster) => Add(cluster, Alone, MaxCount);

    /// <summary>Counts a reference to a cluster that may have others of this kind; returns whether it has one of the
    /// other.</summary>
    internal bool AddShared(long cluster) => Add(cluster, 0, 0);

    private bool Add(long cluster, ushort kind, ushort forbiddenCount)
    {
        if (cluster < First || cluster >= End)
        {
            return false;
        }

        ref ushort count = ref _counts[cluster - First];
        bool isTaken = (count & (Alone | forbiddenCount)) != 0;
        count = (ushort)(count | kind);
        count += (ushort)((count & MaxCount) < MaxCount ? 1 : 0);
        return isTaken;
    }
}
