using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Every way of writing says EROFS, and leaves the tree as it was.</summary>
public sealed class ReadOnlyTests : EndToEndTest
{
    [Theory]
    [InlineData("touch \"$1\"")]
    [InlineData("touch \"$2/new\"")]
    [InlineData("dd if=/dev/zero of=\"$1\" count=1 conv=notrunc")]
    [InlineData("dd if=/dev/zero of=\"$1\" count=1")]
    [InlineData(": > \"$1\"")]
    [InlineData(": >> \"$1\"")]
    [InlineData(": <> \"$1\"")]
    [InlineData("rm -f \"$1\"")]
    [InlineData("rmdir \"$2\"")]
    [InlineData("mkdir \"$2/new\"")]
    [InlineData("mknod \"$2/new\" p")]
    [InlineData("mv -T \"$1\" \"$2/new\"")]
    [InlineData("ln \"$1\" \"$2/new\"")]
    [InlineData("ln -s target \"$2/new\"")]
    [InlineData("chmod 600 \"$1\"")]
    [InlineData("chown 1 \"$1\"")]
    [InlineData("truncate -s 0 \"$1\"")]
    [InlineData("fallocate -l 1M \"$1\"")]
    [InlineData("setfattr -n user.a -v b \"$1\"")]
    public void Says_read_only_file_system_to(string command)
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.OnSocket(Bench, "pattern", "1M").Uri);

        CommandResult result = Command.Bash(command, mount.File("disk.raw"), mount.Export());

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
        Assert.Equal(1L << 20, new FileInfo(mount.File("disk.raw")).Length);
    }
}
