using System.Buffers.Binary;
using System.Text;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class DirectoryPagingTests
{
    private const int Files = 100;
    private const int EntryOutSize = 128;

    [Theory]
    [InlineData((uint)FuseOpcode.Readdir, 64, 1)]
    [InlineData((uint)FuseOpcode.Readdir, 64, 1000)]
    [InlineData((uint)FuseOpcode.Readdir, 1000, 1)]
    [InlineData((uint)FuseOpcode.Readdir, 1 << 20, 1)]
    [InlineData((uint)FuseOpcode.Readdirplus, 200, 7)]
    [InlineData((uint)FuseOpcode.Readdirplus, 4096, 1)]
    public async Task Every_name_comes_once_and_in_order_whatever_the_page_and_the_positions(
        uint opcode, uint pageSize, int step)
    {
        await using FakeKernel kernel = Connect(step);
        List<string> names = [];
        ulong cookie = 0;
        while (true)
        {
            (int error, byte[] page) = kernel.Receive(kernel.SendRead(1, cookie, pageSize, (FuseOpcode)opcode));
            Assert.Equal(0, error);
            Assert.InRange(page.Length, 0, (int)pageSize);
            List<(string Name, ulong Next, ulong Node)> lines = Parse(page, opcode == (uint)FuseOpcode.Readdirplus);
            if (lines.Count == 0)
            {
                break;
            }

            names.AddRange(lines.Select(line => line.Name));
            cookie = lines[^1].Next;
        }

        Assert.Equal([".", "..", "sub", .. Enumerable.Range(0, Files).Select(number => $"file{number}")], names);
    }

    [Fact]
    public async Task Readdirplus_gives_what_a_lookup_gives_and_no_node_for_the_dots()
    {
        await using FakeKernel kernel = Connect();
        byte[] page = kernel.Receive(kernel.SendRead(1, 0, 4096, FuseOpcode.Readdirplus)).Content;
        List<(string Name, ulong Next, ulong Node)> lines = Parse(page, plus: true);
        Assert.Equal([0UL, 0UL, 2UL, 100UL], lines.Take(4).Select(line => line.Node));
        byte[] lookedUp = kernel.Receive(kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("file0"))).Content;
        int third = 3 * (EntryOutSize + Dirent.Size + 8);
        Assert.Equal(lookedUp, page[third..(third + EntryOutSize)]);
    }

    [Fact]
    public async Task A_page_too_small_for_one_name_is_an_error_not_the_end()
    {
        await using FakeKernel kernel = Connect();
        kernel.AssertError(Errno.EINVAL, kernel.SendRead(1, 0, 16, FuseOpcode.Readdir));
    }

    [Theory]
    [InlineData(Files + 3)]
    [InlineData(ulong.MaxValue)]
    public async Task A_cookie_behind_the_end_is_the_end(ulong cookie)
    {
        await using FakeKernel kernel = Connect();
        (int error, byte[] page) = kernel.Receive(kernel.SendRead(1, cookie, 4096, FuseOpcode.Readdir));
        Assert.Equal(0, error);
        Assert.Empty(page);
    }

    private static FakeKernel Connect(int step = 1)
    {
        MemoryFileSystem fileSystem = new() { PositionStep = step };
        for (int number = 0; number < Files; number++)
        {
            fileSystem.With($"file{number}", new MemoryFile(number));
        }

        return FakeKernel.Connect(fileSystem);
    }

    private static List<(string Name, ulong Next, ulong Node)> Parse(ReadOnlySpan<byte> page, bool plus)
    {
        List<(string Name, ulong Next, ulong Node)> lines = [];
        while (page.Length > 0)
        {
            ulong node = BinaryPrimitives.ReadUInt64LittleEndian(page);
            int start = plus ? EntryOutSize : 0;
            ulong next = BinaryPrimitives.ReadUInt64LittleEndian(page[(start + 8)..]);
            int nameLength = BinaryPrimitives.ReadInt32LittleEndian(page[(start + 16)..]);
            lines.Add((Encoding.UTF8.GetString(page.Slice(start + Dirent.Size, nameLength)), next, node));
            page = page[((start + Dirent.Size + nameLength + 7) / 8 * 8)..];
        }

        return lines;
    }
}
