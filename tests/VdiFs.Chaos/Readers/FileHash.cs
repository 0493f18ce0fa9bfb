using System.Security.Cryptography;

namespace VdiFs.Chaos.Readers;

/// <summary>The sha256 of a whole file, in hexadecimal.</summary>
internal static class FileHash
{
    public static string Of(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
