using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Xapi.Http;

/// <summary>SHA-256 of certificates, compared as 64 lower-case hexadecimal digits.</summary>
internal static class Fingerprints
{
    private const int Digits = SHA256.HashSizeInBytes * 2;
    private const string Algorithm = "sha-256:";

    /// <summary>Of a certificate.</summary>
    public static string Of(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256)
        .ToLowerInvariant();

    /// <summary>
    /// From digits in any case, with or without colons and the name of the algorithm; null when it is none.
    /// </summary>
    public static string? Parse(string text)
    {
        string digits = text.Trim().ToLowerInvariant().Replace(Algorithm, "", StringComparison.Ordinal)
            .Replace(":", "", StringComparison.Ordinal);
        return digits.Length == Digits && digits.All(char.IsAsciiHexDigit) ? digits : null;
    }
}
