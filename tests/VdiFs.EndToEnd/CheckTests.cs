using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>`vdifs check`: what users run after a copy.</summary>
public sealed class CheckTests : EndToEndTest
{
    private const long Size = (20L << 20) + 777;
    private const int Sighup = 1;
    private const int Sigstop = 19;
    private const int Sigcont = 18;

    [Theory]
    [InlineData("disk.vhd", "vhd")]
    [InlineData("disk.packed.vhd", "packed.vhd")]
    [InlineData("disk.fixed.vhd", "fixed.vhd")]
    [InlineData("disk.vmdk", "vmdk")]
    [InlineData("disk.stream.vmdk", "stream.vmdk")]
    [InlineData("disk.qcow2", "qcow2")]
    [InlineData("disk.vhdx", "vhdx")]
    [InlineData("disk.vdi", "vdi")]
    public void A_copy_is_whole_and_equal_to_the_disk_it_was_made_of(string name, string format)
    {
        (string uri, string copy) = Copy(name);

        CommandResult result = Check(copy, "--against", uri);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(
            $"{name}: a whole {format} image of {Size / 512 * 512 + 512} bytes, equal to {uri}\n", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void A_copied_appliance_is_whole_and_a_changed_byte_in_it_is_found()
    {
        (string uri, string copy) = Copy("disk.ova");

        CommandResult whole = Check(copy);
        CommandResult compared = Check(copy, "--against", uri);
        Flip(copy, 200_000);
        CommandResult changed = Check(copy);

        Assert.True(whole.ExitCode == 0, whole.ToString());
        Assert.Equal("disk.ova: a whole ova archive\n", whole.Output);
        OneLine.AssertRefusal(compared, 2, "--against", "tar");
        Assert.True(changed.ExitCode == 1, changed.ToString());
        Assert.Contains("disk1.vmdk: at ", changed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_byte_of_the_content_is_found_with_its_offset()
    {
        (string uri, string copy) = Copy("disk.fixed.vhd");
        const long Changed = (13L << 20) + 4321;
        byte before = Flip(copy, Changed);

        CommandResult structure = Check(copy);
        CommandResult content = Check(copy, "--against", uri);

        Assert.True(structure.ExitCode == 0, structure.ToString());
        Assert.True(content.ExitCode == 1, content.ToString());
        Assert.Equal(
            $"disk.fixed.vhd: at disk offset {Changed} (0x{Changed:x}): content: expected 0x{before:x2}, found "
            + $"0x{before ^ 0xFF:x2} (1 of the 65536 bytes around it differ)\n",
            content.Output);
    }

    [Fact]
    public void A_changed_byte_of_the_structure_is_found_without_the_disk()
    {
        (_, string copy) = Copy("disk.vhd");
        Flip(copy, 1536);

        CommandResult result = Check(copy);

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.StartsWith("disk.vhd: at 1536 (0x600): entry of data block 0: expected sector ", result.Output);
    }

    [Fact]
    public void An_image_of_another_program_is_accepted_when_told_so_and_compared_with_a_raw_file()
    {
        string disk = DiskImage.RandomHoles(Bench, 24L << 20, 5);
        string image = Bench.PathOf("foreign.vhd");
        Command.Ok("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "force_size=on", disk, image);

        CommandResult strict = Check(image);
        CommandResult foreign = Check(image, "--accept-foreign", "--against", disk);

        Assert.True(strict.ExitCode == 1, strict.ToString());
        Assert.Contains("--accept-foreign", strict.Error);
        Assert.True(foreign.ExitCode == 0, foreign.ToString());
    }

    [Fact]
    public void Several_faults_are_listed_with_all()
    {
        string disk = DiskImage.Full(Bench, 4L << 20);
        string copy = Bench.PathOf("copy.raw");
        File.Copy(disk, copy);
        Flip(copy, 5);
        Flip(copy, 3L << 20);

        CommandResult result = Check(copy, "--format", "raw", "--all", "--against", disk);

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Equal(
            ["copy.raw: at disk offset 5 ", "copy.raw: at disk offset 3145728 "],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.IndexOf('(')]));
    }

    [Theory]
    [InlineData("--disk", "x")]
    [InlineData("--format", "cow")]
    [InlineData("--against", "nbd+wrong://x")]
    public void Wrong_usage_has_its_own_exit_code(string option, string value)
    {
        string disk = DiskImage.Full(Bench, 1L << 20);

        CommandResult result = Check(disk, "--format", "raw", option, value);

        OneLine.AssertRefusal(result, 2);
    }

    [Fact]
    public void A_check_against_a_silent_server_is_ended_by_a_signal()
    {
        string disk = DiskImage.Full(Bench, 64L << 20);
        NbdServer server = Nbdkit.File(Bench, disk);
        Command.Ok(RunRoot.Vdifs, "check", disk, "--format", "raw", "--against", server.Uri);
        server.Signal(Sigstop);

        using Process check = Command.Start(RunRoot.Vdifs, "check", disk, "--format", "raw", "--against", server.Uri);
        Wait.Until(() => Catches(check.Id, Sighup), "it knows what to do with signals");
        Assert.Equal(0, Native.Kill(check.Id, Native.Sigint));
        bool hasEnded = check.WaitForExit(TimeSpan.FromSeconds(60));
        server.Signal(Sigcont);

        Assert.True(hasEnded, "it goes on");
        Assert.Equal(1, check.ExitCode);
        Assert.Equal("vdifs: interrupted\n", check.StandardError.ReadToEnd());
    }

    /// <summary>Whether a process has a handler of its own for a signal.</summary>
    private static bool Catches(int pid, int signal)
    {
        const string Field = "SigCgt:";
        string line = File.ReadLines($"/proc/{pid}/status")
            .First(text => text.StartsWith(Field, StringComparison.Ordinal));
        ulong caught = Convert.ToUInt64(line[Field.Length..].Trim(), 16);
        return (caught >> (signal - 1) & 1) != 0;
    }

    private static CommandResult Check(string file, params string[] options) =>
        Command.Run(RunRoot.Vdifs, ["check", file, .. options]);

    private (string Uri, string Copy) Copy(string name)
    {
        NbdServer server = Nbdkit.File(Bench, DiskImage.RandomHoles(Bench, Size, 71));
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);
        string copy = Bench.PathOf(name);
        File.Copy(mount.File(name), copy);
        return (server.Uri, copy);
    }

    /// <summary>Inverts a byte; gives what it was.</summary>
    private static byte Flip(string path, long offset)
    {
        // A copy of a read-only file is one as well.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 0xFF));
        return (byte)before;
    }
}
