namespace VdiFs.Xapi.Rpc;

/// <summary>
/// Turns the bare words Infinity, -Infinity and NaN, which XAPI's JSON writer produces for floats and which are no
/// JSON, into strings. Works on a stream of pieces that end anywhere.
/// </summary>
internal sealed class BareNumberFilter
{
    private const int PendingBytes = 2;
    private const int GrowthFactor = 3;

    private Place _place = Place.Structure;

    private enum Place
    {
        Structure,
        Text,
        Escape,
        Minus,
        Word,
    }

    /// <summary>Bytes that <see cref="Filter"/> may need for an input of this length.</summary>
    public static int LongestOutput(int inputBytes) => (inputBytes * GrowthFactor) + PendingBytes;

    /// <summary>Filters one piece; returns how many bytes it wrote.</summary>
    public int Filter(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int written = 0;
        foreach (byte value in input)
        {
            written += Step(value, output[written..]);
        }

        return written;
    }

    private int Step(byte value, Span<byte> output)
    {
        switch (_place)
        {
            case Place.Text:
                _place = value switch { (byte)'"' => Place.Structure, (byte)'\\' => Place.Escape, _ => Place.Text };
                break;
            case Place.Escape:
                _place = Place.Text;
                break;
            case Place.Word when char.IsAsciiLetter((char)value):
                break;
            case Place.Word:
                output[0] = (byte)'"';
                return 1 + InStructure(value, output[1..]);
            case Place.Minus when value == 'I':
                "\"-I"u8.CopyTo(output);
                _place = Place.Word;
                return 3;
            case Place.Minus:
                output[0] = (byte)'-';
                return 1 + InStructure(value, output[1..]);
            default:
                return InStructure(value, output);
        }

        output[0] = value;
        return 1;
    }

    private int InStructure(byte value, Span<byte> output)
    {
        switch (value)
        {
            case (byte)'-':
                _place = Place.Minus;
                return 0;
            case (byte)'I' or (byte)'N':
                output[0] = (byte)'"';
                output[1] = value;
                _place = Place.Word;
                return 2;
            default:
                _place = value == '"' ? Place.Text : Place.Structure;
                output[0] = value;
                return 1;
        }
    }
}
