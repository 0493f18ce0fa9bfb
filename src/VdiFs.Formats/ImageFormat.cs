using VdiFs.Formats.Allocation;

namespace VdiFs.Formats;

/// <summary>One format of image: its name, its limits, and how to lay a disk out in it. Stateless.</summary>
public abstract class ImageFormat
{
    /// <summary>
    /// The version of all the bytes that this room generates. Part of a file's identity (inode generation, caches):
    /// it grows by one with every change that moves or alters a byte of any format.
    /// </summary>
    public const int LayoutVersion = 1;

    private protected const long BytesPerGibibyte = 1L << 30;

    // Fits into every format's field: the smallest are the 512 bytes of UTF-16 in the header of a VHD.
    private const int MaxParentFileName = 200;

    private protected ImageFormat()
    {
    }

    /// <summary>The name in options and reports: "raw", "vhd", "fixed.vhd", "vmdk".</summary>
    public abstract string Name { get; }

    /// <summary>The name by which users choose the format: <see cref="Name"/>, unless it is a part of what is shown in
    /// several files, which are chosen together.</summary>
    public virtual string ChosenBy => Name;

    /// <summary>The name of the file in a disk's folder: "disk." and <see cref="Name"/>, unless other files refer to it
    /// by another one.</summary>
    public virtual string FileName => "disk." + Name;

    /// <summary>Whether the file is listed when the user does not say which formats to list.</summary>
    public abstract bool IsListedByDefault { get; }

    /// <summary>Whether the file's length depends on the allocation map, and not on the disk's length alone.</summary>
    public abstract bool IsPacked { get; }

    /// <summary>Whether the file is the disk itself: the same bytes at the same offsets, and nothing else.</summary>
    public virtual bool IsVerbatim => false;

    /// <summary>The longest disk in bytes that the format can hold.</summary>
    private protected abstract long MaxDiskLength { get; }

    /// <summary>The shortest disk in bytes that the format can hold: 0 or 1.</summary>
    private protected abstract long MinDiskLength { get; }

    /// <summary>
    /// Why a disk of <paramref name="diskLength"/> bytes (0 or more) cannot be shown in this format, as one sentence
    /// with the limit; null when it can, or when that depends on what is allocated
    /// (<see cref="RefusalFor(AllocationMap)"/>).
    /// </summary>
    public string? RefusalFor(long diskLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskLength);
        if (diskLength < MinDiskLength)
        {
            return $"The disk is empty: a {Name} image holds at least one byte.";
        }

        return diskLength <= MaxDiskLength
            ? null
            : $"The disk has {diskLength} bytes: a {Name} image holds at most {MaxDiskLength} bytes "
              + $"({MaxDiskLength / BytesPerGibibyte} GiB).";
    }

    /// <summary>
    /// Why a disk with this length and allocation cannot be shown in this format, as one sentence with the limit; null
    /// when it can.
    /// </summary>
    public string? RefusalFor(AllocationMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return RefusalFor(map.DiskLength) ?? RefusalForAllocation(map);
    }

    /// <summary>
    /// The file that shows the disk in this format. Equal arguments give equal bytes, on every machine, for ever
    /// (<see cref="LayoutVersion"/>). Keeps the map; costs at most its memory once more, for the format's own granule.
    /// </summary>
    /// <param name="identity">Whose content it is.</param>
    /// <param name="map">The disk's length and which parts of it hold data, in granules of any size.</param>
    /// <exception cref="ImageFormatException">
    /// The disk is refused (<see cref="RefusalFor(AllocationMap)"/>).
    /// </exception>
    public ImageLayout CreateLayout(DiskIdentity identity, AllocationMap map)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(map);
        if (RefusalFor(map) is { } refusal)
        {
            throw new ImageFormatException(
                map.DiskLength < MinDiskLength ? ImageFormatErrorKind.DiskEmpty : ImageFormatErrorKind.DiskTooLarge,
                refusal);
        }

        return LayOut(identity, map);
    }

    /// <summary>Whether the format has images that hold only what differs from a parent.</summary>
    public virtual bool HasDeltas => false;

    /// <summary>
    /// Why this format cannot hold a delta on top of this parent, as one sentence; null when it can, or when that
    /// depends on what is stored.
    /// </summary>
    public string? RefusalForDelta(long diskLength, ParentImage parent)
    {
        ArgumentNullException.ThrowIfNull(parent);
        if (!HasDeltas)
        {
            return $"A {Name} image has no parent: there are no deltas in this format.";
        }

        if (parent.DiskLength != diskLength)
        {
            return $"The parent's disk has {parent.DiskLength} bytes and this one {diskLength}: a {Name} delta needs "
                + "a parent of the same length.";
        }

        if (!IsPlainFileName(parent.FileName))
        {
            return $"The parent's name \"{parent.FileName}\" is no plain ASCII file name of at most "
                + $"{MaxParentFileName} characters, which is all that readers of {Name} deltas find.";
        }

        if (parent.ChildFileName is { } own && !IsPlainFileName(own))
        {
            return $"The name \"{own}\" is no plain ASCII file name of at most {MaxParentFileName} characters, which "
                + $"is all that readers of {Name} deltas find.";
        }

        return IsParent(parent.Format)
            ? RefusalFor(diskLength)
            : $"A {Name} delta cannot have a parent in the format {parent.Format.Name}.";
    }

    /// <summary>
    /// The file that holds what a disk has in other granules than its parent. Every changed granule is stored, also
    /// where the disk is not allocated any more: as zeros, or the parent's old bytes would be read there.
    /// </summary>
    /// <param name="identity">Whose content it is, together with the parent.</param>
    /// <param name="map">The disk's length and which parts of it hold data; the rest is zeros.</param>
    /// <param name="changed">The granules that may differ from the parent; of the same disk length.</param>
    /// <param name="parent">What the rest is read from.</param>
    /// <exception cref="ImageFormatException">
    /// Refused (<see cref="RefusalForDelta(long, ParentImage)"/>), or too much is changed for the format.
    /// </exception>
    public ImageLayout CreateDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(changed);
        if (changed.DiskLength != map.DiskLength)
        {
            throw new ArgumentException("The map of changes is of another disk.", nameof(changed));
        }

        if (RefusalForDelta(map.DiskLength, parent) is { } refusal)
        {
            throw new ImageFormatException(ImageFormatErrorKind.ParentRefused, refusal);
        }

        // A delta stores the changed pieces as a full image stores the allocated ones.
        if (RefusalForAllocation(changed) is { } tooLarge)
        {
            throw new ImageFormatException(ImageFormatErrorKind.DiskTooLarge, tooLarge);
        }

        return LayOutDelta(identity, map, changed, parent);
    }

    /// <summary>As <see cref="RefusalFor(AllocationMap)"/>, for a disk of a length that is not refused.</summary>
    private protected virtual string? RefusalForAllocation(AllocationMap map) => null;

    /// <summary>Lays out a disk that the format holds.</summary>
    private protected abstract ImageLayout LayOut(DiskIdentity identity, AllocationMap map);

    /// <summary>Whether deltas of this format may have a parent in that one.</summary>
    private protected virtual bool IsParent(ImageFormat format) => format == this;

    /// <summary>Lays out a delta that is not refused.</summary>
    private protected virtual ImageLayout LayOutDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, ParentImage parent) =>
        throw new NotSupportedException($"{Name} has no deltas.");

    internal static bool IsPlainFileName(string name) =>
        name.Length is > 0 and <= MaxParentFileName
        && name.All(letter => letter is >= ' ' and <= '~' and not ('/' or '\\' or '"' or ':'))
        && name is not ("." or "..");
}
