using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>A server with bad sectors: exactly those cannot be read, whatever reads them. GNU ddrescue judges.</summary>
public sealed class BadSectorTests : EndToEndTest
{
    private const long Sector = 512;
    private const long Block = 65536;
    private const long Size = (8L << 20) + (3 * Sector);
    private const string SnapshotTime = "2026-01-31T02:00:00Z";

    /// <summary>First and last of the disk, single ones, runs, one across the border of two cache blocks, and two near
    /// each other. Not many: each error of the server is asked for again several times before it is believed.</summary>
    private static readonly (long Start, long Length)[] Bad =
    [
        (0, Sector),
        ((2 * Block) + (17 * Sector), Sector),
        ((5 * Block) - Sector, 2 * Sector),
        ((9 * Block) + 4096, 5 * Sector),
        (20 * Block, 8 * Sector),
        ((40 * Block) + Sector, Sector),
        ((40 * Block) + (3 * Sector), Sector),
        (Size - Sector, Sector),
    ];

    [Fact]
    public void Ddrescue_finds_exactly_the_bad_sectors_of_the_raw_file_and_all_other_bytes()
    {
        string disk = DiskImage.Full(Bench, Size);
        VdifsMount mount = VdifsMount.Start(Bench, Damaged(disk).Uri);

        string copy = Rescue(mount.File("disk.raw"), out IReadOnlyList<(long Start, long Length)> found);

        Assert.Equal(Bad, found);
        AssertEqualElsewhere(disk, copy, Bad);
    }

    [Theory]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void As_many_sectors_of_a_packed_file_are_bad_and_all_its_other_bytes_are_right(string file)
    {
        string disk = DiskImage.Full(Bench, Size);
        NbdServer healthy = Nbdkit.File(Bench, disk);
        VdifsMount first = VdifsMount.Start(Bench, healthy.Uri, "--snapshot-time", SnapshotTime);
        string whole = Bench.PathOf("whole");
        Command.Ok("cp", first.File(file), whole);
        first.Unmount();
        healthy.Crash();
        File.Delete(Bench.PathOf("nbd.sock"));

        VdifsMount mount = VdifsMount.Start(Bench, Damaged(disk).Uri, "--snapshot-time", SnapshotTime);
        string copy = Rescue(mount.File(file), out IReadOnlyList<(long Start, long Length)> found);

        Assert.Equal(Bad.Sum(run => run.Length), found.Sum(run => run.Length));
        AssertEqualElsewhere(whole, copy, found);
    }

    [Fact]
    public void Pages_beside_a_bad_sector_are_read_through_the_page_cache()
    {
        string disk = DiskImage.Full(Bench, Size);
        VdifsMount mount = VdifsMount.Start(Bench, Damaged(disk).Uri);
        const string Page = "cmp <(dd if=\"$1\" bs=4096 skip=$3 count=1 status=none) <(dd if=\"$2\" bs=4096 skip=$3 count=1 status=none)";

        // The bad sector is the 17th of its cache block: the page 2 of 0 to 15.
        foreach (int page in new[] { 31, 32, 33, 35, 47, 48 })
        {
            Command.BashOk(Page, mount.File("disk.raw"), disk, page.ToString(CultureInfo.InvariantCulture));
        }

        CommandResult result = Command.Bash("dd if=\"$1\" of=/dev/null bs=4096 skip=34 count=1", mount.File("disk.raw"));
        Assert.Contains("Input/output error", result.Error, StringComparison.Ordinal);
    }

    /// <summary>qemu-nbd 7.2 does not answer a read that fails: it hangs up.</summary>
    [Fact]
    public void Dd_loses_exactly_the_page_of_the_bad_sector_of_a_server_that_hangs_up_at_errors()
    {
        const long BadPage = 75;
        const long Page = 4096;
        string disk = DiskImage.Full(Bench, 1 << 20);
        NbdServer server = QemuNbd.WithBadSector(Bench, disk, (BadPage * Page / Sector) + 3);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        string copy = Bench.PathOf("copy");

        CommandResult dd = Command.Run(
            "dd", $"if={mount.File("disk.raw")}", $"of={copy}", $"bs={Page}", "conv=noerror,sync");

        Assert.Contains("Input/output error", dd.Error, StringComparison.Ordinal);
        byte[] expected = File.ReadAllBytes(disk);
        expected.AsSpan((int)(BadPage * Page), (int)Page).Clear();
        Assert.Equal(expected, File.ReadAllBytes(copy));
    }

    private NbdServer Damaged(string disk)
    {
        string map = Bench.PathOf("bad.map");
        List<string> lines = ["# Mapfile", "0x0 + 1"];
        long offset = 0;
        foreach ((long start, long length) in Bad)
        {
            Add(lines, offset, start, '+');
            Add(lines, start, start + length, '-');
            offset = start + length;
        }

        Add(lines, offset, Size, '+');
        File.WriteAllLines(map, lines);
        return Nbdkit.OnSocket(Bench, "--filter=ddrescue", "file", disk, $"ddrescue-mapfile={map}");
    }

    private static void Add(List<string> lines, long start, long end, char status)
    {
        if (end > start)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"0x{start:X8} 0x{end - start:X8} {status}"));
        }
    }

    private string Rescue(string file, out IReadOnlyList<(long Start, long Length)> bad)
    {
        string copy = Bench.PathOf("copy");
        string map = Bench.PathOf("copy.map");
        Command.Ok("ddrescue", "-q", "-d", $"-b{Sector}", file, copy, map);
        bad = [.. File.ReadAllLines(map)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is [_, _, "-"])
            .Select(words => (Hexadecimal(words[0]), Hexadecimal(words[1])))];
        return copy;
    }

    private static long Hexadecimal(string text) =>
        long.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void AssertEqualElsewhere(string expected, string actual, IReadOnlyList<(long Start, long Length)> bad)
    {
        byte[] left = File.ReadAllBytes(expected);
        byte[] right = File.ReadAllBytes(actual);
        // A copy that ends with bad sectors is shorter by them.
        Array.Resize(ref right, left.Length);
        foreach ((long start, long length) in bad)
        {
            left.AsSpan((int)start, (int)length).Clear();
            right.AsSpan((int)start, (int)length).Clear();
        }

        Assert.True(left.AsSpan().SequenceEqual(right), "bytes outside the bad sectors differ");
    }
}
