using System.Text;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>One request, one reply, for every kind but reads.</summary>
public sealed class OperationTests
{
    private static MemoryFileSystem OneFile =>
        new MemoryFileSystem().With("disk.raw", new MemoryFile(1000, hole: (200, 600)));

    [Fact]
    public async Task Lookup_answers_with_the_entry()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        EntryOut entry = kernel.Receive<EntryOut>(kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("disk.raw")));
        Assert.Equal((100UL, 7UL), (entry.NodeId, entry.Generation));
        Assert.Equal((3600UL, 3600UL, 500_000_000u), (entry.EntryValid, entry.AttrValid, entry.AttrValidNsec));
        Assert.Equal((100UL, 1000UL, 0x8124u), (entry.Attr.Ino, entry.Attr.Size, entry.Attr.Mode));
    }

    [Fact]
    public async Task Lookup_of_an_absent_name_is_ENOENT()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.ENOENT, kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("disk.ra")));
    }

    [Fact]
    public async Task Lookup_of_an_absent_name_is_remembered_when_the_options_say_so()
    {
        FuseMountOptions options = new() { ReaderThreads = 1, NegativeValidity = TimeSpan.FromSeconds(2.5) };
        await using FakeKernel kernel = FakeKernel.Connect(OneFile, options);
        EntryOut entry = kernel.Receive<EntryOut>(kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("absent")));
        Assert.Equal(default(EntryOut) with { EntryValid = 2, EntryValidNsec = 500_000_000 }, entry);
    }

    [Theory]
    [InlineData(100, ".", 100, 7)]
    [InlineData(2, ".", 2, 0)]
    [InlineData(2, "..", 1, 0)]
    [InlineData(1, "..", 1, 0)]
    public async Task Lookup_of_dots_finds_nodes_without_names(
        ulong node, string name, ulong expected, ulong generation)
    {
        MemoryFileSystem fileSystem = OneFile;
        await using FakeKernel kernel = FakeKernel.Connect(fileSystem);
        EntryOut entry = kernel.Receive<EntryOut>(kernel.Send(FuseOpcode.Lookup, node, FakeKernel.Name(name)));
        Assert.Equal((expected, generation), (entry.NodeId, entry.Generation));
        Assert.Equal(0, fileSystem.Lookups);
    }

    [Fact]
    public async Task Lookup_of_a_node_that_is_gone_is_ESTALE()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.ESTALE, kernel.Send(FuseOpcode.Lookup, 999, FakeKernel.Name(".")));
    }

    [Fact]
    public async Task Lookup_of_a_name_that_is_no_utf8_is_ENOENT()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.ENOENT, kernel.Send(FuseOpcode.Lookup, 1, 0xFF, 0xFE, 0));
    }

    [Fact]
    public async Task Lookup_of_a_name_above_255_bytes_is_ENAMETOOLONG()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.ENOENT, kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name(new string('x', 255))));
        kernel.AssertError(
            Errno.ENAMETOOLONG, kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name(new string('x', 256))));
    }

    [Fact]
    public async Task Statx_has_the_time_of_birth()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        StatxOut reply = kernel.Receive<StatxOut>(kernel.Send(FuseOpcode.Statx, 100, new StatxIn(0, 0, 0, 0, 0xFFF)));
        Assert.Equal(0xFFFu, reply.Mask);
        Assert.Equal(MemoryFileSystem.Born.ToUnixTimeSeconds(), reply.Btime.Seconds);
        Assert.Equal(
            (MemoryFileSystem.Modified.ToUnixTimeSeconds(), 100u), (reply.Mtime.Seconds, reply.Mtime.Nanoseconds));
        Assert.Equal((1000UL, 2UL, 100UL, (ushort)0x8124), (reply.Size, reply.Blocks, reply.Ino, reply.Mode));
    }

    [Fact]
    public async Task Statfs_has_blocks_of_4096()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        StatfsOut reply = kernel.Receive<StatfsOut>(kernel.Send(FuseOpcode.Statfs, 1));
        Assert.Equal(new StatfsOut(1000, 0, 0, 1, 0, 4096, 255, 4096, 0, 0, 0, 0), reply);
    }

    [Theory]
    [InlineData(0, 3, 0)]
    [InlineData(200, 3, 600)]
    [InlineData(0, 4, 200)]
    [InlineData(300, 4, 300)]
    [InlineData(600, 4, 1000)]
    public async Task Lseek_finds_data_and_holes(ulong offset, uint whence, ulong expected)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        ulong unique = kernel.Send(FuseOpcode.Lseek, 100, new LseekIn(0, offset, whence, 0));
        Assert.Equal(expected, kernel.Receive<LseekOut>(unique).Offset);
    }

    [Theory]
    [InlineData(1000, 3, Errno.ENXIO)]
    [InlineData(1000, 4, Errno.ENXIO)]
    [InlineData(long.MaxValue, 4, Errno.ENXIO)]
    [InlineData(0, 2, Errno.EINVAL)]
    public async Task Lseek_refuses_the_end_and_other_directions(ulong offset, uint whence, Errno expected)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(expected, kernel.Send(FuseOpcode.Lseek, 100, new LseekIn(0, offset, whence, 0)));
    }

    [Fact]
    public async Task Lseek_without_data_behind_is_ENXIO()
    {
        await using FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("f", new MemoryFile(1000, hole: (500, 1000))));
        kernel.AssertError(Errno.ENXIO, kernel.Send(FuseOpcode.Lseek, 100, new LseekIn(0, 500, LseekIn.SeekData, 0)));
    }

    [Fact]
    public async Task Open_of_content_that_changes_bypasses_the_page_cache()
    {
        MemoryFile file = new(10) { IsImmutable = false };
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("status.json", file));
        OpenOut reply = kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0)));
        Assert.Equal(FuseOpenFlags.DirectIo | FuseOpenFlags.NoFlush, reply.Flags);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_of_content_that_never_changes_bypasses_the_page_cache_only_when_told_to(bool hasDirectIo)
    {
        FuseOpenFlags expected = hasDirectIo ? FuseOpenFlags.DirectIo : FuseOpenFlags.KeepCache;
        FuseMountOptions options = new() { ReaderThreads = 2, DirectIo = hasDirectIo };
        await using FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("disk.raw", new MemoryFile(10)), options);
        OpenOut reply = kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0)));
        Assert.Equal(expected | FuseOpenFlags.NoFlush, reply.Flags);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0x200)]
    public async Task Open_for_writing_is_EROFS(uint flags)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.EROFS, kernel.Send(FuseOpcode.Open, 100, new OpenIn(flags, 0)));
    }

    [Theory]
    [InlineData((uint)FuseOpcode.Setattr)]
    [InlineData((uint)FuseOpcode.Symlink)]
    [InlineData((uint)FuseOpcode.Mknod)]
    [InlineData((uint)FuseOpcode.Mkdir)]
    [InlineData((uint)FuseOpcode.Unlink)]
    [InlineData((uint)FuseOpcode.Rmdir)]
    [InlineData((uint)FuseOpcode.Rename)]
    [InlineData((uint)FuseOpcode.Link)]
    [InlineData((uint)FuseOpcode.Write)]
    [InlineData((uint)FuseOpcode.Setxattr)]
    [InlineData((uint)FuseOpcode.Removexattr)]
    [InlineData((uint)FuseOpcode.Create)]
    [InlineData((uint)FuseOpcode.Fallocate)]
    [InlineData((uint)FuseOpcode.Rename2)]
    [InlineData((uint)FuseOpcode.CopyFileRange)]
    [InlineData((uint)FuseOpcode.Tmpfile)]
    public async Task Writing_is_EROFS(uint opcode)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.EROFS, kernel.Send((FuseOpcode)opcode, 100, new byte[64]));
    }

    [Theory]
    [InlineData((uint)FuseOpcode.Access)]
    [InlineData((uint)FuseOpcode.Flush)]
    [InlineData((uint)FuseOpcode.Fsync)]
    [InlineData(39u)]
    [InlineData(63u)]
    [InlineData(4096u)]
    [InlineData(uint.MaxValue)]
    public async Task What_the_kernel_can_do_without_is_ENOSYS(uint opcode)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.ENOSYS, kernel.Send((FuseOpcode)opcode, 100, new byte[64]));
    }

    [Fact]
    public async Task Extended_attributes_follow_the_two_step_protocol()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        ulong size = kernel.Send(FuseOpcode.Getxattr, 100, GetXattr(0, "user.vdifs.test"));
        Assert.Equal(5u, kernel.Receive<GetxattrOut>(size).Size);
        ulong value = kernel.Send(FuseOpcode.Getxattr, 100, GetXattr(5, "user.vdifs.test"));
        Assert.Equal("value", Encoding.UTF8.GetString(kernel.Receive(value).Content));
        kernel.AssertError(Errno.ERANGE, kernel.Send(FuseOpcode.Getxattr, 100, GetXattr(4, "user.vdifs.test")));
        kernel.AssertError(Errno.ENODATA, kernel.Send(FuseOpcode.Getxattr, 100, GetXattr(0, "user.absent")));
        kernel.AssertError(
            Errno.EOPNOTSUPP, kernel.Send(FuseOpcode.Getxattr, 100, GetXattr(0, "system.posix_acl_access")));
    }

    [Fact]
    public async Task Extended_attributes_are_listed_with_their_NULs()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        Assert.Equal(
            29u, kernel.Receive<GetxattrOut>(kernel.Send(FuseOpcode.Listxattr, 100, new GetxattrIn(0, 0))).Size);
        byte[] list = kernel.Receive(kernel.Send(FuseOpcode.Listxattr, 100, new GetxattrIn(100, 0))).Content;
        Assert.Equal("user.vdifs.test\0user.vdifs.b\0", Encoding.UTF8.GetString(list));
    }

    [Fact]
    public async Task Opendir_is_answered_so_that_a_dead_mount_does_not_look_alive()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        OpenOut reply = kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Opendir, 1, new OpenIn(0, 0)));
        Assert.Equal(FuseOpenFlags.KeepCache | FuseOpenFlags.CacheDir, reply.Flags);
        kernel.AssertError(Errno.ENOTDIR, kernel.Send(FuseOpcode.Opendir, 100, new OpenIn(0, 0)));
    }

    [Fact]
    public async Task Release_and_destroy_succeed_and_forget_has_no_reply()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        Assert.Equal(0, kernel.Receive(kernel.Send(FuseOpcode.Release, 100, new byte[24])).Error);
        Assert.Equal(0, kernel.Receive(kernel.Send(FuseOpcode.Releasedir, 1, new byte[24])).Error);
        kernel.Send(FuseOpcode.Forget, 100, new byte[8]);
        kernel.Send(FuseOpcode.BatchForget, 0, new byte[8 + 16]);
        kernel.AssertSilent();
        Assert.Equal(0, kernel.Receive(kernel.Send(FuseOpcode.Destroy, 0)).Error);
    }

    [Fact]
    public async Task The_file_system_hears_of_every_open_and_every_release()
    {
        MemoryFileSystem fileSystem = OneFile;
        await using FakeKernel kernel = FakeKernel.Connect(fileSystem);
        kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0)));
        kernel.Receive<OpenOut>(kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0)));
        kernel.AssertError(Errno.ESTALE, kernel.Send(FuseOpcode.Open, 999, new OpenIn(0, 0)));
        Assert.Equal(0, kernel.Receive(kernel.Send(FuseOpcode.Release, 100, new byte[24])).Error);
        Assert.Equal(["opened 100", "opened 100", "released 100"], fileSystem.Handles);
    }

    [Fact]
    public async Task An_open_that_was_interrupted_is_released_by_the_server()
    {
        var prepared = new TaskCompletionSource();
        MemoryFileSystem fileSystem = OneFile;
        fileSystem.Preparation = prepared.Task;
        await using FakeKernel kernel = FakeKernel.Connect(new UninterruptibleFileSystem(fileSystem));
        ulong open = kernel.Send(FuseOpcode.Open, 100, new OpenIn(0, 0));
        kernel.SendInterrupt(open);
        kernel.AssertError(Errno.EINTR, open);
        prepared.SetResult();
        Assert.True(SpinWait.SpinUntil(() => fileSystem.Handles.Count == 2, TimeSpan.FromSeconds(30)));
        Assert.Equal(["opened 100", "released 100"], fileSystem.Handles);
    }

    [Fact]
    public async Task A_notification_is_the_bytes_of_fuse_notify()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.Server.InvalidateName(new NodeId(2), "disk.raw");
        kernel.Server.InvalidateNode(new NodeId(100));
        Assert.Equal(
            (3, "0200000000000000" + "08000000" + "00000000" + Convert.ToHexStringLower(FakeKernel.Name("disk.raw"))),
            Hex(kernel.ReceiveNotice()));
        Assert.Equal(
            (2, "6400000000000000" + "0000000000000000" + "0000000000000000"), Hex(kernel.ReceiveNotice()));
    }

    [Fact]
    public async Task A_notification_after_the_end_is_nothing()
    {
        FakeKernel kernel = FakeKernel.Connect(OneFile);
        await kernel.DisposeAsync();
        kernel.Server.InvalidateNode(new NodeId(100));
        Assert.DoesNotContain(kernel.Logger.Entries, entry => entry.EventId == 3017);
    }

    private static (int Code, string Content) Hex((int Code, byte[] Content) notice) =>
        (notice.Code, Convert.ToHexStringLower(notice.Content));

    private static byte[] GetXattr(uint size, string name)
    {
        GetxattrIn head = new(size, 0);
        return [.. FakeKernel.Bytes(in head), .. FakeKernel.Name(name)];
    }
}
