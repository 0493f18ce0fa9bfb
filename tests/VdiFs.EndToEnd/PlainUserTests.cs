using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;

namespace VdiFs.EndToEnd;

/// <summary>A user without privileges mounts through fusermount3.</summary>
public sealed class PlainUserTests : EndToEndTest
{
    private readonly string _disk;
    private readonly string _directory;

    public PlainUserTests()
    {
        _disk = DiskImage.RandomHoles(Bench, 8L << 20, 81);
        _directory = Bench.NewDirectory("mnt");
        PlainUser.Own(_directory);
    }

    [Fact]
    public void Mounts_reads_and_unmounts()
    {
        PlainUser.SkipUnlessMayMount();
        PlainUser.Ok(RunRoot.Vdifs, "mount", _disk, _directory);
        try
        {
            Assert.Equal("fuse.vdifs", MountTable.TypeOf(_directory));
            PlainUser.Ok("cmp", _disk, Path.Combine(_directory, "disk.img", "disk.raw"));
        }
        finally
        {
            PlainUser.Ok(RunRoot.Vdifs, "umount", _directory);
        }

        Assert.False(MountTable.IsMountPoint(_directory));
    }

    [Fact]
    public void Unmounts_with_fusermount3()
    {
        PlainUser.SkipUnlessMayMount();
        PlainUser.Ok(RunRoot.Vdifs, "mount", _disk, _directory);

        PlainUser.Ok("fusermount3", "-u", _directory);

        Assert.False(MountTable.IsMountPoint(_directory));
    }

    [Fact]
    public void Another_user_is_kept_out_without_allow_other()
    {
        PlainUser.SkipUnlessMayMount();
        PlainUser.Ok(RunRoot.Vdifs, "mount", _disk, _directory);
        CommandResult other = Command.Run(
            "setpriv", "--reuid=1", "--regid=1", "--clear-groups", "ls", Path.Combine(_directory, "disk.img"));
        PlainUser.Ok(RunRoot.Vdifs, "umount", _directory);

        Assert.NotEqual(0, other.ExitCode);
        Assert.Contains("Permission denied", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_told_when_the_mount_point_belongs_to_another()
    {
        PlainUser.SkipUnlessMayMount();
        Command.Ok("chown", "0", _directory);

        OneLine.AssertRefusal(PlainUser.Run(RunRoot.Vdifs, "mount", _disk, _directory), 1, _directory, "must belong to this user");
        Assert.False(MountTable.IsMountPoint(_directory));
    }

    [Fact]
    public void Is_told_when_the_image_is_not_readable()
    {
        File.SetUnixFileMode(_disk, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        OneLine.AssertRefusal(PlainUser.Run(RunRoot.Vdifs, "mount", _disk, _directory), 1, _disk, "permi");
        Assert.False(MountTable.IsMountPoint(_directory));
    }

    [Fact]
    public void Is_told_when_allow_other_is_not_permitted()
    {
        PlainUser.SkipUnlessMayMount();
        Assert.SkipWhen(
            File.Exists("/etc/fuse.conf") && File.ReadAllLines("/etc/fuse.conf").Contains("user_allow_other"),
            "/etc/fuse.conf permits allow_other to everybody");

        OneLine.AssertRefusal(PlainUser.Run(RunRoot.Vdifs, "mount", _disk, _directory, "--allow-other"), 1, "user_allow_other");
        Assert.False(MountTable.IsMountPoint(_directory));
    }
}
