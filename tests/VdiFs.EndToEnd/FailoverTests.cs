using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Servers that come and go under an open file: its reader notices nothing, or gets an error.</summary>
public sealed class FailoverTests : EndToEndTest
{
    private const int Eio = 5;
    private const long Size = 64L << 20;

    [Theory]
    [InlineData("disk.raw")]
    [InlineData("disk.vhd")]
    [InlineData("disk.vmdk")]
    public void A_copy_goes_on_when_its_server_is_killed_and_started_again(string name)
    {
        string disk = DiskImage.Full(Bench, Size);
        NbdServer server = Nbdkit.File(Bench, disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--cache-size", "4M");
        byte[] expected = ReadAll(mount.File(name), between: () => { });

        byte[] read = ReadAll(mount.File(name), between: () =>
        {
            server.Crash();
            server = Nbdkit.File(Bench, disk);
        });

        Assert.True(expected.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public void Another_server_takes_over_for_one_that_is_gone()
    {
        string disk = DiskImage.Full(Bench, Size);
        NbdServer first = Nbdkit.FileOn(Bench, "a.sock", disk);
        NbdServer second = Nbdkit.FileOn(Bench, "b.sock", disk);
        VdifsMount mount = VdifsMount.Start(
            Bench, $"{first.Uri}&socket={Bench.PathOf("b.sock")}", "--cache-size", "4M");

        bool isFirstDead = false;
        byte[] read = ReadAll(mount.File("disk.raw"), between: () =>
        {
            // Whichever it reads from: one of the two is always there.
            (isFirstDead ? second : first).Crash();
            isFirstDead = true;
            first = Nbdkit.FileOn(Bench, "a.sock", disk);
        });

        Assert.True(File.ReadAllBytes(disk).AsSpan().SequenceEqual(read));
        Assert.Equal(2, mount.DiskStatus().GetProperty("servers").GetArrayLength());
    }

    [Fact]
    public void A_dead_server_among_several_does_not_keep_a_mount_from_starting()
    {
        string disk = DiskImage.Full(Bench, 8L << 20);
        NbdServer server = Nbdkit.FileOn(Bench, "a.sock", disk);
        VdifsMount mount = VdifsMount.Start(
            Bench, $"nbd+unix:///?socket={Bench.PathOf("none.sock")}&socket={Bench.PathOf("a.sock")}");

        Command.Ok("cmp", disk, mount.File("disk.raw"));
        Assert.NotEmpty(server.Uri);
    }

    [Theory]
    [InlineData(Size)]
    [InlineData(Size / 2)]
    public void Not_a_byte_comes_from_another_disk_under_the_same_name(long otherSize)
    {
        string disk = DiskImage.Full(Bench, Size);
        byte[] expected = File.ReadAllBytes(disk);
        NbdServer server = Nbdkit.File(Bench, disk);
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--cache-size", "4M");
        using SafeFileHandle file = File.OpenHandle(mount.File("disk.raw"));
        byte[] piece = new byte[1 << 20];
        Assert.Equal(piece.Length, RandomAccess.Read(file, piece, 0));
        server.Crash();
        string other = Bench.PathOf("other");
        File.Copy(disk, other);
        using (SafeFileHandle changed = File.OpenHandle(other, FileMode.Open, FileAccess.Write))
        {
            // Alike at its start, as two disks made from one template are.
            RandomAccess.Write(changed, [.. expected[(4 << 20)..].Reverse()], 4 << 20);
            RandomAccess.SetLength(changed, otherSize);
        }

        Nbdkit.File(Bench, other);

        for (long offset = 8 << 20; offset < Size; offset += 8 << 20)
        {
            IOException error = Assert.ThrowsAny<IOException>(() => RandomAccess.Read(file, piece, offset));
            Assert.Equal(Eio, error.HResult);
        }

        Assert.Contains(
            "another disk", mount.DiskStatus().GetProperty("lastError").GetString(), StringComparison.Ordinal);
    }

    private static byte[] ReadAll(string path, Action between)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        byte[] content = new byte[RandomAccess.GetLength(file)];
        int third = content.Length / 3;
        for (int offset = 0; offset < content.Length;)
        {
            int wanted = Math.Min(1 << 20, content.Length - offset);
            Assert.Equal(wanted, RandomAccess.Read(file, content.AsSpan(offset, wanted), offset));
            if (offset / third != (offset + wanted) / third)
            {
                between();
            }

            offset += wanted;
        }

        return content;
    }
}
