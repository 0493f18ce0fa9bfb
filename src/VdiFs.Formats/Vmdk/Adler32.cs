namespace VdiFs.Formats.Vmdk;

/// <summary>The checksum of zlib streams (RFC 1950, section 8.2).</summary>
internal static class Adler32
{
    private const uint Modulus = 65521;

    // So many bytes of 255 can be added before the sum of sums leaves 32 bits (zlib's NMAX).
    private const int BytesPerReduction = 5552;

    internal static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint sum = 1;
        uint sumOfSums = 0;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> run = bytes[..Math.Min(bytes.Length, BytesPerReduction)];
            foreach (byte value in run)
            {
                sum += value;
                sumOfSums += sum;
            }

            sum %= Modulus;
            sumOfSums %= Modulus;
            bytes = bytes[run.Length..];
        }

        return (sumOfSums << 16) | sum;
    }
}
