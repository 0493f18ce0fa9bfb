using System.Buffers.Binary;
using VdiFs.Formats;

namespace VdiFs.Tests.Formats;

/// <summary>One way to damage an image: other bytes in some places, or another length.</summary>
/// <param name="Name">For people: what and where.</param>
/// <param name="Patches">The bytes that are put over those of the image.</param>
/// <param name="Length">The file's length afterwards; null for as long as before.</param>
internal sealed record ImageMutation(string Name, (int Offset, byte[] Bytes)[] Patches, int? Length = null)
{
    // Nearly all that a file of this size says; long runs of equal bytes (padding, bitmaps) are sampled.
    private const int FlippedBytesPerStructure = 160;
    private const int WordsPerStructure = 24;
    private const int Truncations = 40;
    private const int OtherBytesPerSegment = 16;

    /// <summary>All mutations that are generated for an image; the same at every run.</summary>
    internal static IEnumerable<ImageMutation> AllOf(MutatedImage image)
    {
        Random random = new(1);
        List<(int Start, int End)> structures =
            [.. Segments(image.Layout, kind => kind is SegmentKind.Metadata or SegmentKind.Derived)];
        return structures.SelectMany(structure => OfStructure(image.Good, structure, random))
            .Concat(Segments(image.Layout, kind => kind is SegmentKind.Zero or SegmentKind.Disk)
                .SelectMany(segment => OfOtherBytes(image.Good, segment, random)))
            .Concat(OfTables(image.Good, structures, random))
            .Concat(OfLength(image.Good, structures, random))
            .Where(mutation => mutation.Length is not null || mutation.Patches.Any(patch =>
                !image.Good.AsSpan(patch.Offset, patch.Bytes.Length).SequenceEqual(patch.Bytes)));
    }

    private static IEnumerable<(int Start, int End)> Segments(ImageLayout layout, Predicate<SegmentKind> isWanted)
    {
        for (long offset = 0; offset < layout.Length;)
        {
            Segment segment = layout.Locate(offset, long.MaxValue);
            if (isWanted(segment.Kind))
            {
                yield return ((int)offset, (int)(offset + segment.Length));
            }

            offset += segment.Length;
        }
    }

    /// <summary>Padding, and the disk's own bytes, which nothing but the content can tell.</summary>
    private static IEnumerable<ImageMutation> OfOtherBytes(byte[] good, (int Start, int End) segment, Random random)
    {
        (int start, int end) = segment;
        int[] places = [.. Enumerable.Range(0, OtherBytesPerSegment).Select(_ => random.Next(start, end))];
        return places.Append(start).Append(end - 1).Distinct().Select(place => Flip(good, place, random.Next(8)));
    }

    private static IEnumerable<ImageMutation> OfStructure(byte[] good, (int Start, int End) structure, Random random)
    {
        foreach (int place in Interesting(good, structure, random))
        {
            yield return Flip(good, place, random.Next(8));
        }

        (int start, int end) = structure;
        yield return new ImageMutation($"{start} to {end} zeroed", [(start, new byte[end - start])]);
        yield return new ImageMutation(
            $"{start} to {end} filled", [(start, [.. Enumerable.Repeat((byte)0xFF, end - start)])]);
    }

    /// <summary>Swaps, doubles and displaces what could be entries of a table.</summary>
    private static IEnumerable<ImageMutation> OfTables(
        byte[] good, List<(int Start, int End)> structures, Random random)
    {
        foreach ((int start, int end) in structures)
        {
            foreach (int size in new[] { 4, 8 })
            {
                int[] words = [.. Enumerable.Range(start / size + 1, Math.Max(0, (end - start) / size - 1))
                    .Select(word => word * size)
                    .Where(word => word + size <= end
                        && good.AsSpan(word, size).ContainsAnyExcept((byte)0, (byte)0xFF))];
                for (int count = Math.Min(WordsPerStructure, words.Length); count > 0; count--)
                {
                    int first = words[random.Next(words.Length)];
                    int second = words[random.Next(words.Length)];
                    yield return Swap(good, first, second, size);
                    yield return Copy(good, first, second, size);
                    yield return BeyondTheEnd(good, first, size, random);
                }
            }
        }
    }

    private static IEnumerable<ImageMutation> OfLength(
        byte[] good, List<(int Start, int End)> structures, Random random)
    {
        IEnumerable<int> borders = structures.SelectMany(structure => new[] { structure.Start, structure.End })
            .SelectMany(border => new[] { border - 1, border, border + 1 })
            .Concat(Enumerable.Range(0, Truncations).Select(_ => random.Next(good.Length)))
            .Where(length => length >= 0 && length < good.Length)
            .Distinct();
        foreach (int length in borders)
        {
            yield return new ImageMutation($"cut to {length}", [], length);
        }

        foreach (int count in new[] { 1, 511, 512, 4096, 65536, 1024 * 1024 })
        {
            foreach (byte value in new byte[] { 0, 0xFF })
            {
                yield return new ImageMutation(
                    $"{count} bytes 0x{value:x2} appended",
                    [(good.Length, [.. Enumerable.Repeat(value, count)])],
                    good.Length + count);
            }
        }
    }

    /// <summary>Bytes that differ from the one before, their neighbours, and some of the others.</summary>
    private static IEnumerable<int> Interesting(byte[] good, (int Start, int End) structure, Random random)
    {
        (int start, int end) = structure;
        HashSet<int> places = [start, end - 1];
        for (int place = start + 1; place < end; place++)
        {
            if (good[place] != good[place - 1])
            {
                places.Add(place - 1);
                places.Add(place);
            }
        }

        int[] all = [.. places.Order()];
        random.Shuffle(all);
        return all.Take(FlippedBytesPerStructure)
            .Concat(Enumerable.Range(0, 8).Select(_ => random.Next(start, end)))
            .Distinct()
            .Order();
    }

    private static ImageMutation Flip(byte[] good, int place, int bit) =>
        new($"bit {bit} of {place} flipped", [(place, [(byte)(good[place] ^ 1 << bit)])]);

    private static ImageMutation Swap(byte[] good, int first, int second, int size) =>
        new(
            $"words of {size} at {first} and {second} swapped",
            [(first, good[second..(second + size)]), (second, good[first..(first + size)])]);

    private static ImageMutation Copy(byte[] good, int from, int to, int size) =>
        new($"word of {size} at {from} copied to {to}", [(to, good[from..(from + size)])]);

    /// <summary>As sectors, bytes, MiB or pieces, whatever the entry counts.</summary>
    private static ImageMutation BeyondTheEnd(byte[] good, int place, int size, Random random)
    {
        ulong value = (ulong)good.Length << random.Next(-20, 20) switch
        {
            < 0 => 0,
            int shift => shift,
        };
        byte[] word = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        if (random.Next(2) == 0)
        {
            word.AsSpan(0, size).Reverse();
        }

        return new ImageMutation(
            $"word of {size} at {place} set to {Convert.ToHexString(word[..size])}", [(place, word[..size])]);
    }
}
