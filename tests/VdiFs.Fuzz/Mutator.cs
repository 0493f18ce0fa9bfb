using System.Buffers.Binary;

namespace VdiFs.Fuzz;

/// <summary>
/// Makes bad inputs from good ones without knowing what they cover: whole frames are dropped, repeated, swapped and
/// mixed with those of other inputs, then numbers and bits inside are changed.
/// </summary>
/// <param name="seeds">Good inputs in frames.</param>
/// <param name="seed">Repeats the same sequence.</param>
internal sealed class Mutator(IReadOnlyList<byte[][]> seeds, int seed)
{
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 7, 8, 9, 12, 0x7f, 0x80, 0xff, 0x100, 511, 512, 513, 4095, 4096, 4097, 0x7fff, 0x8000, 0x8001, 0x8002,
        0xffff, 0x10000, 0x10001, 1 << 20, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, long.MaxValue,
        1ul << 63, ulong.MaxValue,
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        List<byte[]> frames = [.. Pick(seeds)];
        for (int i = _random.Next(3); i > 0; i--)
        {
            ChangeFrames(frames);
        }

        byte[] input = [.. frames.SelectMany(frame => frame)];
        for (int i = _random.Next(4); i > 0 && input.Length > 0; i--)
        {
            input = ChangeBytes(input);
        }

        return input;
    }

    private void ChangeFrames(List<byte[]> frames)
    {
        int at = _random.Next(frames.Count);
        switch (_random.Next(4))
        {
            case 0 when frames.Count > 1:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(_random.Next(frames.Count + 1), frames[at]);
                break;
            case 2:
                int other = _random.Next(frames.Count);
                (frames[at], frames[other]) = (frames[other], frames[at]);
                break;
            default:
                frames.Insert(_random.Next(frames.Count + 1), Pick(Pick(seeds)));
                break;
        }
    }

    private byte[] ChangeBytes(byte[] input)
    {
        int at = _random.Next(input.Length);
        switch (_random.Next(6))
        {
            case 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1:
                input[at] = (byte)_random.Next(256);
                return input;
            case 2:
                return input[..at];
            case 3:
                int count = _random.Next(1, 9);
                return [.. input[..at], .. input[Math.Min(at + count, input.Length)..]];
            case 4:
                byte[] added = new byte[_random.Next(1, 9)];
                _random.NextBytes(added);
                return [.. input[..at], .. added, .. input[at..]];
            default:
                WriteNumber(input, at);
                return input;
        }
    }

    /// <summary>A number of 2, 4 or 8 bytes: an interesting one, or what was there and a little more or less.</summary>
    private void WriteNumber(byte[] input, int at)
    {
        int width = 2 << _random.Next(3);
        if (at + width > input.Length)
        {
            return;
        }

        Span<byte> number = stackalloc byte[8];
        number.Clear();
        input.AsSpan(at, width).CopyTo(number[(8 - width)..]);
        ulong value = _random.Next(2) == 0
            ? Interesting[_random.Next(Interesting.Length)]
            : unchecked(BinaryPrimitives.ReadUInt64BigEndian(number) + (ulong)_random.Next(-9, 10));
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        number[(8 - width)..].CopyTo(input.AsSpan(at, width));
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];
}
