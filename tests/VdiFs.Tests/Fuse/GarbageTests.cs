using System.Buffers.Binary;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>What no kernel sends: the server answers or ignores it, and goes on.</summary>
public sealed class GarbageTests
{
    private static MemoryFileSystem OneFile => new MemoryFileSystem().With("disk.raw", new MemoryFile(1000));

    [Theory]
    [InlineData(FuseRequests.Lookup, 0)]
    [InlineData(FuseRequests.Getattr, 15)]
    [InlineData(FuseRequests.Open, 7)]
    [InlineData(FuseRequests.Read, 39)]
    [InlineData(FuseRequests.Getxattr, 8)]
    [InlineData(FuseRequests.Listxattr, 7)]
    [InlineData(FuseRequests.Opendir, 7)]
    [InlineData(FuseRequests.Readdir, 39)]
    [InlineData(FuseRequests.Readdirplus, 39)]
    [InlineData(FuseRequests.Lseek, 23)]
    [InlineData(FuseRequests.Statx, 23)]
    [InlineData(FuseRequests.Interrupt, 7)]
    public async Task A_body_cut_short_by_a_byte_is_EIO(uint opcode, int length)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.EIO, kernel.Send((FuseOpcode)opcode, 1, new byte[length]));
        kernel.AssertSilent();
    }

    [Fact]
    public async Task A_name_without_its_NUL_is_EINVAL()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.AssertError(Errno.EINVAL, kernel.Send(FuseOpcode.Lookup, 1, "disk.raw"u8));
        kernel.AssertError(Errno.EINVAL, kernel.Send(FuseOpcode.Lookup, 1, 0));
        kernel.AssertError(Errno.EINVAL, kernel.Send(FuseOpcode.Getxattr, 1, [.. new byte[8], (byte)'x']));
    }

    [Theory]
    [InlineData(39)]
    [InlineData(41)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_header_with_a_wrong_length_is_EIO(int length)
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        InHeader header = new((uint)length, FuseOpcode.Statfs, 77, 1, 0, 0, 0, 0, 0);
        kernel.SendRaw(FakeKernel.Bytes(in header));
        kernel.AssertError(Errno.EIO, 77);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task A_message_shorter_than_a_header_is_ignored()
    {
        await using FakeKernel kernel = FakeKernel.Connect(OneFile);
        kernel.SendRaw(new byte[39]);
        kernel.SendRaw(new byte[1]);
        kernel.AssertSilent();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_requests_get_at_most_one_reply_each_and_the_server_goes_on(int seed)
    {
        Random random = new(seed);
        await using FakeKernel kernel = FakeKernel.Connect(OneFile, new FuseMountOptions { ReaderThreads = 1 });
        for (int round = 0; round < 3000; round++)
        {
            byte[] body = new byte[random.Next(120)];
            random.NextBytes(body);
            if (body.Length >= 16 && random.Next(2) == 0)
            {
                // Small numbers reach further than random ones.
                BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(8), (ulong)random.Next(2000));
            }

            FuseOpcode opcode = (FuseOpcode)random.Next(70);
            ulong unique = kernel.Send(opcode, (ulong)random.Next(4) + (random.Next(2) == 0 ? 0UL : 99UL), body);
            ulong probe = kernel.Send(FuseOpcode.Statfs, 1);
            (_, ulong answered, _) = kernel.ReceiveAny();
            if (answered != probe)
            {
                Assert.Equal(unique, answered);
                Assert.Equal(0, kernel.Receive(probe).Error);
            }
            else
            {
                Assert.Contains(opcode, new[] { FuseOpcode.Forget, FuseOpcode.BatchForget, FuseOpcode.Interrupt });
            }
        }
    }

    /// <summary>Opcodes as constants an attribute of a public test can carry.</summary>
    private static class FuseRequests
    {
        public const uint Lookup = (uint)FuseOpcode.Lookup;
        public const uint Getattr = (uint)FuseOpcode.Getattr;
        public const uint Open = (uint)FuseOpcode.Open;
        public const uint Read = (uint)FuseOpcode.Read;
        public const uint Getxattr = (uint)FuseOpcode.Getxattr;
        public const uint Listxattr = (uint)FuseOpcode.Listxattr;
        public const uint Opendir = (uint)FuseOpcode.Opendir;
        public const uint Readdir = (uint)FuseOpcode.Readdir;
        public const uint Readdirplus = (uint)FuseOpcode.Readdirplus;
        public const uint Lseek = (uint)FuseOpcode.Lseek;
        public const uint Statx = (uint)FuseOpcode.Statx;
        public const uint Interrupt = (uint)FuseOpcode.Interrupt;
    }
}
