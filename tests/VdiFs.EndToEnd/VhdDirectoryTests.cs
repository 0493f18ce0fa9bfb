using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Xen Orchestra's VHD directory, as a tree of files that cp copies.</summary>
public sealed class VhdDirectoryTests : EndToEndTest
{
    private const long Size = (30L << 20) + 1536;
    private const string Time = "2026-01-02T03:04:05Z";

    [Fact]
    public void A_copied_directory_is_whole_and_equal_to_the_disk()
    {
        VdifsMount mount = Start(DiskImage.RandomHoles(Bench, Size, 43), "raw,blocks");
        string copy = Bench.NewDirectory("copy");

        Command.BashOk("cp -r \"$1\"/disk.alias.vhd \"$1\"/data \"$2\"", mount.Export(), copy);

        string alias = Path.Combine(copy, "disk.alias.vhd");
        Assert.Contains("whole", Command.Ok(RunRoot.Vdifs, "check", alias), StringComparison.Ordinal);
        string compared = Command.Ok(RunRoot.Vdifs, "check", alias, "--against", mount.File("disk.raw"));
        Assert.Contains("equal to", compared, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_byte_of_a_copied_block_is_found()
    {
        VdifsMount mount = Start(DiskImage.Full(Bench, 8L << 20), "raw,blocks");
        string copy = Bench.NewDirectory("copy");
        Command.BashOk("cp -r \"$1\"/disk.alias.vhd \"$1\"/data \"$2\"", mount.Export(), copy);
        string block = Path.Combine(copy, "data/disk.vhd/blocks/0/2");
        File.SetUnixFileMode(block, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        byte[] content = File.ReadAllBytes(block);
        content[70_000] ^= 1;
        File.WriteAllBytes(block, content);

        string alias = Path.Combine(copy, "disk.alias.vhd");
        CommandResult result = Command.Run(RunRoot.Vdifs, "check", alias, "--against", mount.File("disk.raw"));

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("disk offset", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Entering_the_blocks_opens_the_disk_and_listing_what_is_above_them_does_not()
    {
        VdifsMount mount = Start(DiskImage.Full(Bench, 8L << 20), "blocks");

        string above = Command.BashOk("cd \"$1\" && echo * data/* data/disk.vhd/*", mount.Export());
        Assert.Contains("data/disk.vhd/blocks", above, StringComparison.Ordinal);
        Assert.False(mount.DiskStatus().GetProperty("isOpen").GetBoolean());

        string blocks = Command.BashOk("cd \"$1/data/disk.vhd/blocks\" && echo */*", mount.Export());
        Assert.Equal("0/0 0/1 0/2 0/3\n", blocks);
        Assert.True(mount.DiskStatus().GetProperty("isOpen").GetBoolean());
    }

    [Fact]
    public void Bytes_times_and_inodes_are_the_same_at_every_mount()
    {
        const string All = "cd \"$1\" && find disk.alias.vhd data -printf '%p %i %s %T@ %n\\n' | sort"
            + " && find disk.alias.vhd data -type f -exec sha256sum {} + | sort";
        string disk = DiskImage.RandomHoles(Bench, Size, 44);
        VdifsMount first = Start(disk, "blocks", "--snapshot-time", Time);
        string source = first.Source;
        string before = Command.BashOk(All, first.Export());
        first.Unmount();

        VdifsMount second = VdifsMount.Start(Bench, source, "--formats", "all", "--snapshot-time", Time);
        string after = Command.BashOk(All, second.Export());

        Assert.Equal(before, after);
    }

    private VdifsMount Start(string disk, string formats, params IEnumerable<string> options) =>
        VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri, ["--formats", formats, .. options]);
}
