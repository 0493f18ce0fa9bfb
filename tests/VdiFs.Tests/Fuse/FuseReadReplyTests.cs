using System.Runtime.InteropServices;
using VdiFs.Fuse;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class FuseReadReplyTests
{
    private static readonly byte[] Source = GC.AllocateArray<byte>(1 << 20, pinned: true);

    public FuseReadReplyTests()
    {
        for (int index = 0; index < Source.Length; index++)
        {
            Source[index] = MemoryFile.ByteAt(index);
        }
    }

    [Fact]
    public void Pieces_follow_each_other()
    {
        FuseReadReply reply = new();
        "head"u8.CopyTo(reply.AppendGenerated(4));
        reply.AppendZeros(3);
        reply.Append(AddressOf(100), 2, lease: null);
        "tail"u8.CopyTo(reply.AppendGenerated(4));
        Assert.Equal(13, reply.Length);
        Assert.Equal([.. "head"u8, 0, 0, 0, Source[100], Source[101], .. "tail"u8], Content(reply));
    }

    [Fact]
    public void Leases_are_disposed_once_when_the_reply_is_dropped()
    {
        FuseReadReply reply = new();
        CountingLease lease = new();
        reply.Append(AddressOf(0), 10, lease);
        Assert.Equal(0, lease.Disposals);
        reply.Reset();
        reply.Reset();
        Assert.Equal((1, 0), (lease.Disposals, reply.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1 << 20) + 1)]
    public void A_lease_is_owned_even_when_nothing_is_appended(int length)
    {
        FuseReadReply reply = new();
        CountingLease lease = new();
        Record.Exception(() => reply.Append(AddressOf(0), length, lease));
        Assert.Equal((1, 0), (lease.Disposals, reply.Length));
    }

    [Fact]
    public void More_than_was_asked_is_refused()
    {
        FuseReadReply reply = new();
        reply.Expect(10);
        reply.AppendZeros(6);
        Assert.Throws<InvalidOperationException>(() => reply.AppendZeros(5));
        Assert.Throws<InvalidOperationException>(() => reply.AppendGenerated(5));
        Assert.Throws<InvalidOperationException>(() => reply.Append(AddressOf(0), 5, lease: null));
        Assert.Equal(6, reply.Length);
    }

    [Fact]
    public void Neighbours_in_memory_without_a_lease_are_one_segment()
    {
        FuseReadReply reply = new();
        reply.Append(AddressOf(0), 10, lease: null);
        reply.Append(AddressOf(10), 10, lease: null);
        Assert.Equal(1, reply.SegmentCount);
        reply.Append(AddressOf(20), 10, new CountingLease());
        reply.Append(AddressOf(30), 10, lease: null);
        Assert.Equal(3, reply.SegmentCount);
        Assert.Equal(Source[..40], Content(reply));
    }

    [Fact]
    public void More_pieces_than_one_writev_takes_are_kept_in_order()
    {
        FuseReadReply reply = new();
        List<CountingLease> leases = [];
        List<byte> expected = [];
        for (int index = 0; index < 5000; index++)
        {
            CountingLease lease = new();
            leases.Add(lease);
            reply.Append(AddressOf(index * 7), 3, lease);
            expected.AddRange(Source.AsSpan(index * 7, 3));
            reply.AppendGenerated(1)[0] = (byte)index;
            expected.Add((byte)index);
            Assert.InRange(reply.SegmentCount, 1, 1023);
        }

        Assert.Equal(expected, Content(reply));
        reply.Reset();
        Assert.All(leases, lease => Assert.Equal(1, lease.Disposals));
    }

    [Fact]
    public void Generated_bytes_are_cleared_even_where_others_have_been()
    {
        FuseReadReply reply = new();
        reply.AppendGenerated(100_000).Fill(0xFF);
        reply.AppendGenerated(1000).Fill(0xFF);
        reply.Reset();
        reply.AppendGenerated(100_000);
        reply.AppendGenerated(1000);
        Assert.Equal(-1, Content(reply).AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4080)]
    [InlineData(4081)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(1 << 20)]
    public void Generated_bytes_of_any_length_are_contiguous(int length)
    {
        FuseReadReply reply = new();
        Source.AsSpan(0, length).CopyTo(reply.AppendGenerated(length));
        Assert.Equal(Source[..length], Content(reply));
        Assert.Equal(1, reply.SegmentCount);
        reply.Reset();
    }

    private static nint AddressOf(int index) => Marshal.UnsafeAddrOfPinnedArrayElement(Source, index);

    private static byte[] Content(FuseReadReply reply)
    {
        byte[] content = new byte[reply.Length];
        reply.CopyTo(content);
        return content;
    }

    private sealed class CountingLease : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
