using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Session;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class NegotiationTests
{
    private const uint EverythingOffered = 0x73FFFFFB;

    [Theory]
    // minor, flags, flags2 -> minor, flags, flags2, max_pages
    [InlineData(45, 0x73FFFFFB, 0x5FD, 45, 0x42E4E011, 0x10, 256)]
    [InlineData(46, 0x73FFFFFB, 0x5FD, 45, 0x42E4E011, 0x10, 256)]
    [InlineData(45, 0x73FF7FFB, 0x5FD, 45, 0x42E46011, 0x10, 256)]
    [InlineData(38, 0x73FFFFFB, 0x0F, 38, 0x42E46011, 0x00, 256)] // no DIRECT_IO_ALLOW_MMAP: no ASYNC_DIO
    [InlineData(31, 0x03FFFFFB, 0x00, 31, 0x02E46011, 0x00, 256)]
    [InlineData(23, 0x0003FFFB, 0x00, 23, 0x00006011, 0x00, 0)]
    [InlineData(23, 0, 0, 23, 0, 0, 0)]
    [InlineData(45, 0x33FFFFFB, 0xFFFFFFFF, 45, 0x02E46011, 0x00, 256)] // no INIT_EXT: flags2 is noise
    public void Answer_takes_what_is_offered_and_wanted(
        uint minor, uint flags, uint flags2, uint expectedMinor, uint expectedFlags, uint expectedFlags2, int maxPages)
    {
        InitIn request = new(7, minor, 131072, flags, flags2, default);
        Assert.Equal(NegotiationOutcome.Accepted, Answer(in request, passthrough: false, out InitOut reply));
        Assert.Equal(
            new InitOut
            {
                Major = 7,
                Minor = expectedMinor,
                MaxReadahead = 1 << 20,
                Flags = expectedFlags,
                MaxBackground = 64,
                CongestionThreshold = 48,
                MaxWrite = 4096,
                TimeGranularity = 1,
                MaxPages = (ushort)maxPages,
                Flags2 = expectedFlags2,
            },
            reply);
    }

    [Fact]
    public void Answer_never_asks_for_what_would_hide_a_dead_mount_or_drop_the_page_cache()
    {
        const FuseInitFlags unwanted = FuseInitFlags.NoOpendirSupport | FuseInitFlags.NoOpenSupport
            | FuseInitFlags.AutoInvalData | FuseInitFlags.WritebackCache;
        Assert.Equal(FuseInitFlags.None, Negotiation.Wanted & unwanted);
    }

    [Theory]
    [InlineData(0x73FFFFFB, 0x5FD, true, 0x30, 1)]
    [InlineData(0x73FFFFFB, 0x5FD, false, 0x10, 0)] // not asked for
    [InlineData(0x73FFFFFB, 0x5DD, true, 0x10, 0)] // not offered
    [InlineData(0x33FFFFFB, 0x5FD, true, 0x00, 0)] // no INIT_EXT: flags2 is noise
    public void Answer_takes_passthrough_with_a_stack_of_one_if_it_is_offered_and_asked_for(
        uint flags, uint flags2, bool passthrough, uint expectedFlags2, uint expectedDepth)
    {
        InitIn request = new(7, 45, 131072, flags, flags2, default);
        Answer(in request, passthrough, out InitOut reply);
        Assert.Equal((expectedFlags2, expectedDepth), (reply.Flags2, reply.MaxStackDepth));
    }

    [Fact]
    public void Answer_keeps_reads_at_one_mebibyte_where_pages_are_larger()
    {
        InitIn request = new(7, 45, 131072, EverythingOffered, 0, default);
        Negotiation.Answer(in request, 64, 0, pageSizeBytes: 65536, passthrough: false, out InitOut reply);
        Assert.Equal(16, reply.MaxPages);
    }

    [Theory]
    [InlineData(7, 22)]
    [InlineData(6, 45)]
    [InlineData(0, 0)]
    public void Answer_refuses_what_is_too_old(uint major, uint minor)
    {
        InitIn request = new(major, minor, 131072, EverythingOffered, 0, default);
        Assert.Equal(NegotiationOutcome.Refused, Answer(in request, passthrough: false, out _));
    }

    [Fact]
    public async Task A_kernel_that_is_too_old_hears_EPROTO_and_the_user_why()
    {
        await using FakeKernel kernel = new();
        ulong unique = kernel.SendInit(7, 22, EverythingOffered, 0);
        FuseMountException refusal = Assert.Throws<FuseMountException>(
            () => kernel.Serve(new MemoryFileSystem(), new FuseMountOptions()));
        Assert.Equal(FuseMountErrorKind.Protocol, refusal.Kind);
        Assert.Contains("FUSE 7.22", refusal.Message);
        kernel.AssertError(Errno.EPROTO, unique);
    }

    [Fact]
    public async Task A_newer_major_is_asked_to_come_down_and_starts_again()
    {
        await using FakeKernel kernel = new();
        ulong first = kernel.SendInit(8, 0, EverythingOffered, 0);
        ulong second = kernel.SendInit(7, 45, EverythingOffered, 0x5FD);
        kernel.Serve(new MemoryFileSystem(), new FuseMountOptions { ReaderThreads = 1 });
        InitOut down = kernel.Receive<InitOut>(first);
        Assert.Equal((7u, 45u, 0u), (down.Major, down.Minor, down.Flags));
        Assert.Equal(0x42E4E011u, kernel.Receive<InitOut>(second).Flags);
        kernel.AssertSilent();
    }

    [Fact]
    public async Task A_short_init_of_an_older_kernel_is_understood()
    {
        await using FakeKernel kernel = new();
        ulong unique = kernel.SendInit(7, 23, 0x0003FFFB, 0);
        kernel.Serve(new MemoryFileSystem(), new FuseMountOptions { ReaderThreads = 1 });
        Assert.Equal(23u, kernel.Receive<InitOut>(unique).Minor);
    }

    [Fact]
    public async Task Anything_before_init_is_refused()
    {
        await using FakeKernel kernel = new();
        kernel.Send(FuseOpcode.Statfs, 1);
        Assert.Throws<FuseMountException>(() => kernel.Serve(new MemoryFileSystem(), new FuseMountOptions()));
    }

    private static NegotiationOutcome Answer(in InitIn request, bool passthrough, out InitOut reply) =>
        Negotiation.Answer(in request, 64, 1 << 20, pageSizeBytes: 4096, passthrough, out reply);
}
