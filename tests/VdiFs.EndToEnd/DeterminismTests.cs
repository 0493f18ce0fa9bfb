using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;

namespace VdiFs.EndToEnd;

/// <summary>The same disk has the same bytes in every format, whoever shows them, where and to whom.</summary>
public sealed class DeterminismTests : EndToEndTest
{
    private const int PieceBytes = 100_000;

    [Fact]
    public void Two_daemons_show_the_same_bytes_with_another_cache_order_and_time_zone()
    {
        string disk = DiskImage.RandomHoles(Bench, (24L << 20) + 777, 71);
        VdifsMount first = VdifsMount.StartInTimeZone(
            Bench, "America/Caracas", Bench.NewDirectory("first"), disk, "--formats", "all", "--cache-size", "256M");
        VdifsMount second = VdifsMount.StartInTimeZone(
            Bench, "Pacific/Kiritimati", Bench.NewDirectory("second"), disk, "--formats", "all", "--cache-size", "16M");
        string[] files = ImagesOf(first);

        Assert.Contains("disk.vmdk", files);
        Assert.Equal(files, ImagesOf(second));
        foreach (string file in files)
        {
            string forwards = Command.Ok("sha256sum", first.File(file, "disk.img")).Split(' ')[0];
            Assert.Equal((file, forwards), (file, HashReadBackwards(second.File(file, "disk.img"))));
        }
    }

    private static string[] ImagesOf(VdifsMount mount) =>
    [
        .. Directory.GetFiles(mount.Export("disk.img"), "disk*").Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal),
    ];

    private static string HashReadBackwards(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        for (int end = bytes.Length; end > 0; end -= Math.Min(PieceBytes, end))
        {
            Span<byte> piece = bytes.AsSpan(Math.Max(0, end - PieceBytes)..end);
            Assert.Equal(piece.Length, RandomAccess.Read(file, piece, Math.Max(0, end - PieceBytes)));
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
