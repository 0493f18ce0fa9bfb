using System.Runtime.Intrinsics;

namespace VdiFs.Formats.Vmdk;

/// <summary>The checksum of zlib streams (RFC 1950, section 8.2).</summary>
internal static class Adler32
{
    private const uint Modulus = 65521;

    // So many bytes of 255 can be added before the sum of sums leaves 32 bits (zlib's NMAX); a whole number of vectors.
    private const int BytesPerReduction = 5552;

    internal static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint sum = 1;
        uint sumOfSums = 0;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> run = bytes[..Math.Min(bytes.Length, BytesPerReduction)];
            bytes = bytes[run.Length..];
            int inVectors = run.Length / Vector128<byte>.Count * Vector128<byte>.Count;
            AddVectors(run[..inVectors], ref sum, ref sumOfSums);
            foreach (byte value in run[inVectors..])
            {
                sum += value;
                sumOfSums += sum;
            }

            sum %= Modulus;
            sumOfSums %= Modulus;
        }

        return (sumOfSums << 16) | sum;
    }

    /// <summary>Adds whole vectors. A byte counts in the sum of sums as often as there are bytes from it to the end: in
    /// its own vector by its place, and all of it for each vector that follows.</summary>
    private static void AddVectors(ReadOnlySpan<byte> bytes, ref uint sum, ref uint sumOfSums)
    {
        Vector128<ushort> lowerPlaces = Vector128.Create((ushort)16, 15, 14, 13, 12, 11, 10, 9);
        Vector128<ushort> upperPlaces = Vector128.Create((ushort)8, 7, 6, 5, 4, 3, 2, 1);
        Vector128<uint> sums = Vector128<uint>.Zero;
        Vector128<uint> sumsBefore = Vector128<uint>.Zero;
        Vector128<uint> byPlace = Vector128<uint>.Zero;
        uint vectors = (uint)(bytes.Length / Vector128<byte>.Count);
        for (; !bytes.IsEmpty; bytes = bytes[Vector128<byte>.Count..])
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.Create(bytes));
            sumsBefore += sums;
            sums += Pairs(lower + upper);
            byPlace += Pairs((lower * lowerPlaces) + (upper * upperPlaces));
        }

        // No part is larger than the sum of sums itself, for which the run is short enough.
        sumOfSums += ((uint)Vector128<byte>.Count * ((vectors * sum) + Vector128.Sum(sumsBefore))) + Vector128.Sum(byPlace);
        sum += Vector128.Sum(sums);
    }

    private static Vector128<uint> Pairs(Vector128<ushort> values) =>
        Vector128.WidenLower(values) + Vector128.WidenUpper(values);
}
