using System.Globalization;
using System.Text;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>
/// A VHD as Xen Orchestra keeps it on backup storage: a directory with a file for each record and each data block, so
/// that merging chains moves files and equal blocks are equal files (vhd-lib, VhdDirectory.js). Names are relative,
/// with '/' between them. An alias, a text file "NAME.alias.vhd" beside the directory, is what other programs of Xen
/// Orchestra open. Immutable, and safe for any number of threads. Listing follows the allocation map; a file is found
/// by its name at once.
/// </summary>
public sealed class VhdDirectory
{
    /// <summary>The name by which users choose it.</summary>
    public const string FormatName = "blocks";

    /// <summary>How the names of aliases end: Xen Orchestra goes by it.</summary>
    public const string AliasSuffix = ".alias.vhd";

    /// <summary>Where Xen Orchestra has such directories, beside their aliases.</summary>
    public const string ParentName = "data";

    /// <summary>The directory's own name there.</summary>
    public const string OwnName = "disk.vhd";

    /// <summary>How many data blocks there are to a directory of them, at most.</summary>
    public const int BlocksPerDirectory = 1000;

    /// <summary>The directory of the directories of data blocks.</summary>
    public const string BlocksName = "blocks";

    /// <summary>The length of every data block's file.</summary>
    public const long BlockFileBytes = VhdPlaces.SectorBitmapBytes + VhdPlaces.DataBlockBytes;

    /// <summary>The most data blocks: Xen Orchestra holds a byte per block in memory, and mounts an inode number.
    /// </summary>
    public const long MaxBlocks = 1L << 27;

    internal const string HeaderName = "header";
    internal const string FooterName = "footer";
    internal const string BitsName = "bat";
    internal const string LocatorPrefix = "parentLocatorEntry";

    /// <summary>The longest disk: 256 TiB.</summary>
    internal const long MaxDiskLength = MaxBlocks * VhdPlaces.DataBlockBytes;

    private readonly AllocationMap _map;
    private readonly AllocationMap _blocks;
    private readonly ConstantRegion _bitmap;
    private readonly Dictionary<string, ImageLayout> _records = [];

    private VhdDirectory(DiskIdentity identity, AllocationMap map, AllocationMap stored, VhdParentReference? parent)
    {
        _map = map;
        _blocks = stored.WithGranule(VhdPlaces.DataBlockBytes);
        byte[] bitmap = new byte[VhdPlaces.SectorBitmapBytes];
        bitmap.AsSpan().Fill(0xFF);
        _bitmap = new ConstantRegion(bitmap);

        byte[] name = parent is { } of ? VhdParentLocator.EncodeName(of.Name) : [];
        _records[HeaderName] = Constant(Header(parent, name));
        _records[FooterName] = Constant(
            VhdDynamicLayout.Footer(identity.Uuid, identity.SnapshotTime, map.DiskLength, parent is not null));
        // A byte for each block, of which an eighth is used: that is how many Xen Orchestra writes.
        _records[BitsName] = new RegionLayout([new VhdBlockBitsRegion(_blocks, _blocks.GranuleCount)]);
        for (int index = 0; index < VhdParentLocator.Count; index++)
        {
            _records[LocatorPrefix + index.ToString(CultureInfo.InvariantCulture)] = Constant(index == 0 ? name : []);
        }
    }

    /// <summary>The names of the files beside the blocks, the same in every directory.</summary>
    public static IReadOnlyList<string> RecordNames { get; } =
    [
        HeaderName,
        FooterName,
        BitsName,
        .. Enumerable.Range(0, VhdParentLocator.Count)
            .Select(index => LocatorPrefix + index.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Data blocks of the disk, stored or not.</summary>
    public long BlockCount => _blocks.GranuleCount;

    /// <summary>Bytes of all the files.</summary>
    public long Length =>
        _records.Values.Sum(record => record.Length) + _blocks.AllocatedGranules * BlockFileBytes;

    /// <summary>Why a disk of this length cannot be shown so, as one sentence with the limit; null when it can.
    /// </summary>
    public static string? RefusalFor(long diskLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskLength);
        return diskLength is > 0 and <= MaxDiskLength
            ? null
            : $"The disk has {diskLength} bytes: a VHD directory holds at least one byte and at most {MaxDiskLength}.";
    }

    /// <summary>The directory that shows a whole disk. Keeps the map.</summary>
    /// <exception cref="ImageFormatException">The disk is refused (<see cref="RefusalFor"/>).</exception>
    public static VhdDirectory Create(DiskIdentity identity, AllocationMap map)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(map);
        ThrowIfRefused(map);
        return new VhdDirectory(identity, map, map, parent: null);
    }

    /// <summary>The directory of what differs from a parent; changed blocks are whole.</summary>
    /// <param name="identity">Whose content it is, together with the parent.</param>
    /// <param name="map">What is allocated; the rest is zeros.</param>
    /// <param name="changed">The granules that may differ from the parent; of the same disk length.</param>
    /// <param name="parent">Whose uuid the parent has.</param>
    /// <param name="parentAlias">The parent's alias, relative to where this one's is: "base.alias.vhd".</param>
    /// <exception cref="ImageFormatException">The disk is refused, or no parent can be meant by this.</exception>
    public static VhdDirectory CreateDelta(
        DiskIdentity identity, AllocationMap map, AllocationMap changed, DiskIdentity parent, string parentAlias)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(parentAlias);
        ThrowIfRefused(map);
        if (changed.DiskLength != map.DiskLength)
        {
            throw new ArgumentException("The map of changes is of another disk.", nameof(changed));
        }

        if (parent.Uuid == identity.Uuid || !ImageFormat.IsPlainFileName(parentAlias))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.ParentRefused,
                $"The parent \"{parentAlias}\" has the disk's own uuid, or no plain ASCII name.");
        }

        return new VhdDirectory(
            identity,
            map,
            changed,
            new VhdParentReference(parent.Uuid, VhdFooter.TimestampOf(parent.SnapshotTime), parentAlias));
    }

    /// <summary>The file that leads to a directory of the given name beside it.</summary>
    public static ImageLayout Alias(string directoryName)
    {
        ArgumentNullException.ThrowIfNull(directoryName);
        return Constant(Encoding.UTF8.GetBytes(directoryName));
    }

    /// <summary>
    /// The names in a directory: "" for the top, "blocks", "blocks/0" and so on; empty when there is no such directory.
    /// Walks the map as the result is walked through.
    /// </summary>
    public IEnumerable<string> List(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory switch
        {
            "" => RecordNames.Append(BlocksName),
            BlocksName => ListGroups(),
            _ => ParseGroup(directory) is { } group ? ListGroup(group) : [],
        };
    }

    /// <summary>Whether a directory of this name exists: one of blocks does when it has one.</summary>
    public bool HasDirectory(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory is "" or BlocksName
            || (ParseGroup(directory) is { } group && FirstOf(group) < EndOf(group));
    }

    /// <summary>Whether a name at the top is one of the format's.</summary>
    internal static bool IsPart(string name) => name == BlocksName || RecordNames.Contains(name);

    /// <summary>The name of the file of a data block.</summary>
    internal static string PathOfBlock(long block) => string.Create(
        CultureInfo.InvariantCulture, $"{BlocksName}/{block / BlocksPerDirectory}/{block % BlocksPerDirectory}");

    /// <summary>The file of this name; null when there is none.</summary>
    public ImageLayout? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_records.TryGetValue(name, out ImageLayout? record))
        {
            return record;
        }

        int slash = name.LastIndexOf('/');
        return slash > 0
            && ParseGroup(name[..slash]) is { } group
            && ParseNumber(name.AsSpan(slash + 1)) is { } number and < BlocksPerDirectory
            && IsStored(group * BlocksPerDirectory + number)
            ? LayOutBlock(group * BlocksPerDirectory + number)
            : null;
    }

    /// <summary>The file of a data block.</summary>
    /// <param name="block">One that is stored.</param>
    public ImageLayout LayOutBlock(long block) => new RegionLayout(
    [
        _bitmap,
        RecordRegion.OfBarePieces(
            new SparseDisk(_map, start: block * VhdPlaces.DataBlockBytes),
            AllocationMap.Full(VhdPlaces.DataBlockBytes, VhdPlaces.DataBlockBytes)),
    ]);

    /// <summary>Whether there is a file for a data block.</summary>
    /// <param name="block">0 or more.</param>
    public bool IsStored(long block) => block < _blocks.GranuleCount && _blocks.IsAllocated(block);

    /// <summary>The first data block from here on that has a file; <see cref="BlockCount"/> or more when there is none.
    /// </summary>
    /// <param name="block">0 or more.</param>
    public long NextStored(long block) =>
        block < _blocks.GranuleCount ? _blocks.NextAllocated(block) : _blocks.GranuleCount;

    private IEnumerable<string> ListGroups()
    {
        for (long block = _blocks.NextAllocated(0); block < _blocks.GranuleCount;)
        {
            long group = block / BlocksPerDirectory;
            yield return group.ToString(CultureInfo.InvariantCulture);
            block = _blocks.NextAllocated(EndOf(group));
        }
    }

    private IEnumerable<string> ListGroup(long group)
    {
        long end = EndOf(group);
        for (long block = FirstOf(group); block < end; block = _blocks.NextAllocated(block + 1))
        {
            yield return (block % BlocksPerDirectory).ToString(CultureInfo.InvariantCulture);
        }
    }

    private long FirstOf(long group) =>
        _blocks.NextAllocated(Math.Min(group * BlocksPerDirectory, _blocks.GranuleCount));

    private long EndOf(long group) => Math.Min((group + 1) * BlocksPerDirectory, _blocks.GranuleCount);

    private static long? ParseGroup(string directory) =>
        directory.StartsWith(BlocksName + "/", StringComparison.Ordinal)
            ? ParseNumber(directory.AsSpan(BlocksName.Length + 1))
            : null;

    /// <summary>The number that a name in <see cref="BlocksName"/> or below stands for: digits, without zeros in front;
    /// null for any other name.</summary>
    public static long? ParseNumber(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && (text.Length == 1 || text[0] != '0')
            ? number
            : null;

    private byte[] Header(VhdParentReference? parent, byte[] name)
    {
        byte[] bytes = new byte[VhdDynamicHeader.Size];
        VhdDynamicHeader header = new(
            VhdPlaces.TableOffset, (uint)_blocks.GranuleCount, VhdPlaces.DataBlockBytes, parent);
        if (parent is null)
        {
            header.Write(bytes);
        }
        else
        {
            // The name is a file of its own: it has no offset.
            header.Write(
                bytes,
                new VhdParentLocator(
                    VhdParentLocator.RelativeWindowsPath,
                    (uint)Sector.Count(name.Length),
                    (uint)name.Length,
                    DataOffset: 0));
        }

        return bytes;
    }

    private static void ThrowIfRefused(AllocationMap map)
    {
        if (RefusalFor(map.DiskLength) is { } refusal)
        {
            throw new ImageFormatException(
                map.DiskLength == 0 ? ImageFormatErrorKind.DiskEmpty : ImageFormatErrorKind.DiskTooLarge, refusal);
        }
    }

    private static RegionLayout Constant(byte[] bytes) => new([new ConstantRegion(bytes)]);
}
