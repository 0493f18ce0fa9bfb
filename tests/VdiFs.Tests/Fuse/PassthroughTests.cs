using Microsoft.Win32.SafeHandles;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Tests.Fuse.Support;
using Xunit;

namespace VdiFs.Tests.Fuse;

/// <summary>Files that the kernel reads itself: what it is told, and when.</summary>
public sealed class PassthroughTests : IDisposable
{
    private const int Length = 1000;
    private const int NotOfferedEventId = 3018;
    private const int PassedThroughEventId = 3019;
    private const int NotPassedThroughEventId = 3020;
    private const uint EverythingOffered = 0x73FFFFFB;

    private static readonly FuseMountOptions Options = new() { ReaderThreads = 2, Passthrough = true };

    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _local;
    private readonly FuseBacking _backing;
    private readonly MemoryFileSystem _fileSystem = new();
    private readonly FakeBackingFiles _kernelFiles = new();

    public PassthroughTests()
    {
        File.WriteAllBytes(_path, new byte[Length]);
        _local = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _backing = new FuseBacking(_local);
        _fileSystem.With("disk.raw", new MemoryFile(Length) { Backing = _backing });
        _fileSystem.With("disk.vhd", new MemoryFile(Length));
    }

    public void Dispose()
    {
        _local.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public async Task Open_is_answered_with_the_flag_and_the_id_alone()
    {
        await using FakeKernel kernel = Connect();
        (_, byte[] content) = kernel.Receive(SendOpen(kernel));
        Assert.Equal("0000000000000000" + "80000000" + "0b000000", Convert.ToHexStringLower(content));
        Assert.True(_backing.IsPassedThrough);
    }

    [Fact]
    public async Task A_second_open_has_the_same_id_and_both_are_told_of()
    {
        await using FakeKernel kernel = Connect();
        OpenOut first = kernel.Receive<OpenOut>(SendOpen(kernel));
        Assert.Equal(first, kernel.Receive<OpenOut>(SendOpen(kernel)));
        Assert.Equal(["open"], _kernelFiles.Calls);
        Assert.Equal(["opened 100", "opened 100"], _fileSystem.Handles);
        Assert.Single(kernel.Logger.Entries, entry => entry.EventId == PassedThroughEventId);
    }

    [Fact]
    public async Task A_file_without_a_local_one_is_read_as_ever()
    {
        await using FakeKernel kernel = Connect();
        AssertOrdinary(kernel, SendOpen(kernel, node: 101));
        Assert.Empty(_kernelFiles.Calls);
    }

    [Fact]
    public async Task Nothing_is_passed_through_unless_asked_for()
    {
        await using FakeKernel kernel =
            FakeKernel.Connect(_fileSystem, new FuseMountOptions { ReaderThreads = 2 }, _kernelFiles);
        AssertOrdinary(kernel, SendOpen(kernel));
        Assert.Empty(_kernelFiles.Calls);
        Assert.False(_backing.IsPassedThrough);
        Assert.DoesNotContain(kernel.Logger.Entries, entry => entry.EventId == NotOfferedEventId);
    }

    [Fact]
    public async Task A_kernel_that_does_not_offer_it_is_not_asked_and_the_log_says_so()
    {
        await using FakeKernel kernel = new() { Backings = _kernelFiles };
        ulong unique = kernel.SendInit(7, 45, EverythingOffered, 0x5DD);
        kernel.Serve(_fileSystem, Options);
        Assert.Equal(0u, kernel.Receive<InitOut>(unique).MaxStackDepth);
        AssertOrdinary(kernel, SendOpen(kernel));
        Assert.Empty(_kernelFiles.Calls);
        Assert.Single(kernel.Logger.Entries, entry => entry.EventId == NotOfferedEventId);
    }

    [Theory]
    [InlineData(Errno.EPERM, "EPERM (it takes CAP_SYS_ADMIN)")]
    [InlineData(Errno.ELOOP, "ELOOP (its file system is stacked on others)")]
    [InlineData(Errno.EINVAL, "EINVAL (Invalid argument)")]
    public async Task A_refused_file_is_read_as_ever_for_good_and_the_log_says_so_once(Errno refusal, string words)
    {
        FakeBackingFiles refusing = new() { Refusal = refusal };
        await using FakeKernel kernel = FakeKernel.Connect(_fileSystem, Options, refusing);
        AssertOrdinary(kernel, SendOpen(kernel));
        AssertOrdinary(kernel, SendOpen(kernel));
        Assert.Equal(["open"], refusing.Calls);
        Assert.False(_backing.IsPassedThrough);
        (int _, string message) =
            Assert.Single(kernel.Logger.Entries, entry => entry.EventId == NotPassedThroughEventId);
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Equal(0, kernel.Receive(SendFlush(kernel)).Error);
    }

    [Fact]
    public async Task A_descriptor_that_knows_no_such_request_refuses()
    {
        await using FakeKernel kernel = FakeKernel.Connect(_fileSystem, Options);
        AssertOrdinary(kernel, SendOpen(kernel));
        (int _, string message) =
            Assert.Single(kernel.Logger.Entries, entry => entry.EventId == NotPassedThroughEventId);
        Assert.Contains("ENOTTY", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_are_taken_back_at_the_end_and_what_was_refused_is_not()
    {
        FakeKernel kernel = Connect();
        kernel.Receive(SendOpen(kernel));
        kernel.Receive(SendOpen(kernel, node: 101));
        await kernel.DisposeAsync();
        Assert.Equal(["open", "close 11"], _kernelFiles.Calls);

        FakeBackingFiles refusing = new() { Refusal = Errno.ELOOP };
        FakeKernel other = FakeKernel.Connect(_fileSystem, Options, refusing);
        other.Receive(SendOpen(other));
        await other.DisposeAsync();
        Assert.Equal(["open"], refusing.Calls);
    }

    [Fact]
    public async Task Close_is_well_while_the_local_file_is_as_long_as_the_file()
    {
        await using FakeKernel kernel = Connect();
        kernel.Receive(SendOpen(kernel));
        Assert.Equal(0, kernel.Receive(SendFlush(kernel)).Error);
        Assert.Equal(0, kernel.Receive(SendFlush(kernel, node: 101)).Error);
    }

    [Theory]
    [InlineData(Length - 1)]
    [InlineData(Length + 1)]
    public async Task A_local_file_of_another_length_fails_close_and_open(long length)
    {
        await using FakeKernel kernel = Connect();
        kernel.Receive(SendOpen(kernel));
        RandomAccess.SetLength(_local, length);
        kernel.AssertError(Errno.EIO, SendFlush(kernel));
        kernel.AssertError(Errno.EIO, SendOpen(kernel));
        Assert.Contains(
            kernel.Logger.Entries,
            entry => entry.Message.Contains($"{length} bytes in place of {Length}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_local_file_that_was_cut_before_the_first_open_fails_it()
    {
        await using FakeKernel kernel = Connect();
        RandomAccess.SetLength(_local, 0);
        kernel.AssertError(Errno.EIO, SendOpen(kernel));
        Assert.Empty(_fileSystem.Handles);
    }

    [Fact]
    public void Passthrough_and_direct_io_together_are_refused() =>
        Assert.Throws<ArgumentException>(() => (Options with { DirectIo = true }).Validate());

    private FakeKernel Connect() => FakeKernel.Connect(_fileSystem, Options, _kernelFiles);

    private static ulong SendOpen(FakeKernel kernel, ulong node = 100) =>
        kernel.Send(FuseOpcode.Open, node, new OpenIn(0, 0));

    private static ulong SendFlush(FakeKernel kernel, ulong node = 100) =>
        kernel.Send(FuseOpcode.Flush, node, new byte[24]);

    private static void AssertOrdinary(FakeKernel kernel, ulong open) =>
        Assert.Equal(
            new OpenOut(0, FuseOpenFlags.KeepCache | FuseOpenFlags.NoFlush, 0), kernel.Receive<OpenOut>(open));
}
