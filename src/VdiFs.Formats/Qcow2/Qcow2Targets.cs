using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>
/// What a table of places leads to, each once and in the order of the file: so a hostile table that names one cluster a
/// million times has it read once. Takes 16 bytes an entry; the callers bound the tables.
/// </summary>
internal sealed class Qcow2Targets
{
    private readonly Qcow2Image _image;
    private readonly TableWindow _table;
    private readonly string _name;
    private readonly ulong _reserved;
    private readonly bool _isCopied;
    private readonly long[] _offsets;
    private readonly long[] _indexes;

    /// <summary>Reads the table.</summary>
    /// <param name="image">Whose table.</param>
    /// <param name="table">Entries of 8 bytes.</param>
    /// <param name="name">What an entry is called.</param>
    /// <param name="isCopied">Whether entries say that what they name is there once (L1), or nothing (refcounts).</param>
    internal Qcow2Targets(Qcow2Image image, TableWindow table, string name, bool isCopied)
    {
        _image = image;
        _table = table;
        _name = name;
        _isCopied = isCopied;
        // Of refcount tables the offset goes up to bit 63.
        Mask = isCopied ? Qcow2Entry.OffsetMask : ~0x1FFUL;
        _reserved = ~Mask & ~(isCopied ? Qcow2Entry.Copied : 0);
        List<(long Offset, long Index)> found = [];
        for (long index = 0; index < table.Count; index++)
        {
            ulong offset = table[index] & Mask;
            if (IsPlace(offset) && offset != 0)
            {
                found.Add(((long)offset, index));
            }
        }

        found.Sort();
        _offsets = [.. found.Select(place => place.Offset)];
        _indexes = [.. found.Select(place => place.Index)];
    }

    /// <summary>The bits of an entry that are a file offset.</summary>
    internal ulong Mask { get; }

    /// <summary>File offset and index of the entry, in the order of the file, without those that are no place.</summary>
    internal IEnumerable<(long Offset, long Index)> Distinct
    {
        get
        {
            for (int index = 0; index < _offsets.Length; index++)
            {
                if (index == 0 || _offsets[index] != _offsets[index - 1])
                {
                    yield return (_offsets[index], _indexes[index]);
                }
            }
        }
    }

    /// <summary>What is wrong with the entries themselves.</summary>
    internal IEnumerable<ImageFault> Check()
    {
        for (long index = 0; index < _table.Count; index++)
        {
            ulong entry = _table[index];
            if ((entry & _reserved) != 0)
            {
                yield return Fault(index, "reserved bits 0", $"0x{entry:x16}");
            }

            if (!IsPlace(entry & Mask))
            {
                yield return Fault(
                    index, $"the start of a cluster in the {_image.File.Length} bytes of the file", $"0x{entry:x16}");
            }
            else if (_isCopied && (entry & Qcow2Entry.Copied) != 0 != ((entry & Mask) != 0))
            {
                yield return Fault(index, "bit 63 (copied) where there is a place", $"0x{entry:x16}");
            }
        }

        for (int index = 1; index < _offsets.Length; index++)
        {
            if (_offsets[index] == _offsets[index - 1])
            {
                yield return Fault(
                    _indexes[index], $"another place than entry {_indexes[index - 1]}", $"{_offsets[index]}");
            }
        }
    }

    /// <summary>Whether it is 0, or the start of a whole cluster in the file.</summary>
    private bool IsPlace(ulong offset) =>
        offset % (ulong)_image.ClusterBytes == 0
        && offset <= (ulong)_image.File.Length
        && (offset == 0 || (long)offset <= _image.File.Length - _image.ClusterBytes);

    private ImageFault Fault(long index, string expected, string found) =>
        new(_image.File.Name, _table.OffsetOf(index), $"{_name} {index}", expected, found);
}
