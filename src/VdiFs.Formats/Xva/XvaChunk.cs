using System.Globalization;
using System.IO.Hashing;
using System.Text;
using VdiFs.Formats.Tar;

namespace VdiFs.Formats.Xva;

/// <summary>
/// How the chunks of a disk lie in an XVA (xen-api, ocaml/xapi/stream_vdi.ml): "Ref:7/00000012" with the bytes,
/// "Ref:7/00000012.xxhash" with their XXH64 in upper-case hexadecimal digits.
/// </summary>
internal static class XvaChunk
{
    internal const int Bytes = 1024 * 1024;

    internal const int HashBytes = 16;

    /// <summary>Numbers have eight digits, always.</summary>
    internal const int NumberDigits = 8;

    internal const long MaxChunks = 100_000_000;

    /// <summary>What xapi gives its references is far below; a name must fit into a tar header.</summary>
    internal const int MaxReferenceBytes = TarHeader.MaxNameBytes - 1 - NumberDigits - 7;

    internal static ReadOnlySpan<byte> HashSuffix => ".xxhash"u8;

    /// <summary>Whether a tar member can bear it.</summary>
    internal static bool IsReference(ReadOnlySpan<char> reference) =>
        reference.Length is > 0 and <= MaxReferenceBytes
        && !reference.ContainsAnyExceptInRange('!', '~')
        && !reference.ContainsAny('/', '\\');

    /// <summary>The tar header in front of a chunk, or of its hash.</summary>
    internal static void WriteHeader(
        ReadOnlySpan<byte> reference, long number, bool isHash, int length, long time, Span<byte> destination)
    {
        Span<byte> name = stackalloc byte[TarHeader.MaxNameBytes];
        reference.CopyTo(name);
        int end = reference.Length;
        name[end++] = (byte)'/';
        number.TryFormat(name[end..], out int digits, "D8", CultureInfo.InvariantCulture);
        end += digits;
        if (isHash)
        {
            HashSuffix.CopyTo(name[end..]);
            end += HashSuffix.Length;
        }

        new TarHeader(name[..end], length, time).Write(destination);
    }

    /// <summary>The hash as its digits.</summary>
    internal static void WriteHash(ReadOnlySpan<byte> content, Span<byte> destination) =>
#pragma warning disable RS0030 // System.IO.Hashing is arithmetic; it only has its name from System.IO.
        XxHash64.HashToUInt64(content).TryFormat(destination, out _, "X16", CultureInfo.InvariantCulture);
#pragma warning restore RS0030

    /// <summary>Reference and number of a member's name; null when it is no chunk's.</summary>
    internal static (string Reference, long Number)? Parse(ReadOnlySpan<byte> name)
    {
        int slash = name.IndexOf((byte)'/');
        if (slash < 0
            || name.Length != slash + 1 + NumberDigits
            || name[(slash + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return null;
        }

        string reference = Encoding.ASCII.GetString(name[..slash]);
        return IsReference(reference)
            ? (reference, long.Parse(name[(slash + 1)..], CultureInfo.InvariantCulture))
            : null;
    }
}
