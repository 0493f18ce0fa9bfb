using System.Runtime.CompilerServices;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class AbiTests
{
    [Fact]
    public void Structs_have_the_sizes_of_fuse_kernel_h()
    {
        Assert.Equal(40, Unsafe.SizeOf<InHeader>());
        Assert.Equal(16, Unsafe.SizeOf<OutHeader>());
        Assert.Equal(64, Unsafe.SizeOf<InitIn>());
        Assert.Equal(64, Unsafe.SizeOf<InitOut>());
        Assert.Equal(88, Unsafe.SizeOf<Attr>());
        Assert.Equal(104, Unsafe.SizeOf<AttrOut>());
        Assert.Equal(128, Unsafe.SizeOf<EntryOut>());
        Assert.Equal(16, Unsafe.SizeOf<GetattrIn>());
        Assert.Equal(80, Unsafe.SizeOf<StatfsOut>());
        Assert.Equal(24, Unsafe.SizeOf<StatxIn>());
        Assert.Equal(288, Unsafe.SizeOf<StatxOut>());
        Assert.Equal(8, Unsafe.SizeOf<OpenIn>());
        Assert.Equal(16, Unsafe.SizeOf<OpenOut>());
        Assert.Equal(16, Unsafe.SizeOf<BackingMap>());
        Assert.Equal(40, Unsafe.SizeOf<ReadIn>());
        Assert.Equal(24, Unsafe.SizeOf<LseekIn>());
        Assert.Equal(8, Unsafe.SizeOf<LseekOut>());
        Assert.Equal(24, Unsafe.SizeOf<Dirent>());
        Assert.Equal(8, Unsafe.SizeOf<GetxattrIn>());
        Assert.Equal(8, Unsafe.SizeOf<GetxattrOut>());
        Assert.Equal(8, Unsafe.SizeOf<InterruptIn>());
        Assert.Equal(24, Unsafe.SizeOf<NotifyInvalidateInodeOut>());
        Assert.Equal(16, Unsafe.SizeOf<NotifyInvalidateEntryOut>());
    }

    [Fact]
    public async Task Attributes_are_the_bytes_of_fuse_attr_out()
    {
        await using FakeKernel kernel = FakeKernel.Connect(
            new MemoryFileSystem().With("f", new MemoryFile(1000, hole: (0, 488))));
        ulong unique = kernel.Send(FuseOpcode.Getattr, 100, new GetattrIn(0, 0, 0));
        (int error, byte[] content) = kernel.Receive(unique);
        Assert.Equal(0, error);
        Assert.Equal(
            "100e000000000000" + "0065cd1d" + "00000000" // attr_valid 3600 s, 500 ms; dummy
            + "6400000000000000" + "e803000000000000" + "0100000000000000" // ino 100, size 1000, blocks 1
            + "72bbbd6500000000" + "72bbbd6500000000" + "72bbbd6500000000" // 2024-02-03T04:05:06Z
            + "64000000" + "64000000" + "64000000" // 100 ns each
            + "24810000" + "01000000" + "00000000" + "00000000" // S_IFREG|0444, nlink, uid, gid
            + "00000000" + "00001000" + "00000000", // rdev, blksize 1 MiB, flags
            Convert.ToHexStringLower(content));
    }

    [Fact]
    public async Task Open_is_the_bytes_of_fuse_open_out()
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", new MemoryFile(1)));
        (_, byte[] content) = kernel.Receive(
            kernel.Send(FuseOpcode.Open, 100, new OpenIn(Flags: 0x8000, FuseFlags: 0)));
        Assert.Equal("0000000000000000" + "22000000" + "00000000", Convert.ToHexStringLower(content));
    }

    [Fact]
    public async Task Directory_lines_are_the_bytes_of_fuse_dirent()
    {
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("disk.vhd2", new MemoryFile(1)));
        (_, byte[] content) = kernel.Receive(kernel.SendRead(1, offset: 0, size: 4096, FuseOpcode.Readdir));
        Assert.Equal(
            "0100000000000000" + "0100000000000000" + "01000000" + "04000000" + "2e00000000000000"
            + "0100000000000000" + "0200000000000000" + "02000000" + "04000000" + "2e2e000000000000"
            + "0200000000000000" + "0300000000000000" + "03000000" + "04000000" + "7375620000000000"
            + "6400000000000000" + "0400000000000000" + "09000000" + "08000000" + "6469736b2e76686432" + "00000000000000",
            Convert.ToHexStringLower(content));
    }

    [Theory]
    [InlineData(1, 511, -511)]
    [InlineData(1, 512, -5)]
    [InlineData(1, 0, -5)]
    [InlineData(1, -5, -5)]
    public async Task Errors_outside_of_the_kernels_range_become_EIO(ulong offset, int thrown, int expected)
    {
        ScriptedFile file = new(1000, (_, _, _, _) => throw new FuseException((Errno)thrown, "no", inner: null));
        await using FakeKernel kernel = FakeKernel.Connect(new MemoryFileSystem().With("f", file));
        Assert.Equal(expected, kernel.Receive(kernel.SendRead(100, offset, 10)).Error);
    }
}
