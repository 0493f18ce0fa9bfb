using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;
using Xunit;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>The kernel's side of a connection, message by message, over a socket pair.</summary>
internal sealed class FakeKernel : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly FuseDevice _kernel;
    private readonly FuseDevice _daemon;
    private readonly byte[] _buffer = new byte[2 << 20];
    private ulong _nextUnique = 2;
    private FuseServer? _server;

    public unsafe FakeKernel()
    {
        int* ends = stackalloc int[2];
        const int type = LibC.SocketSequentialPacket | LibC.SocketCloseOnExec;
        Assert.Equal(0, LibC.SocketPair(LibC.AddressFamilyUnix, type, 0, ends));
        _kernel = new FuseDevice(new SafeFileHandle(ends[0], ownsHandle: true));
        _daemon = new FuseDevice(new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>The thread that asks, as the kernel tells it; 0 for one of a foreign pid namespace.</summary>
    public uint Caller { get; set; }

    public RecordingLogger Logger { get; } = new();

    /// <summary>Takes local files in the kernel's place; null: the socket does, which cannot.</summary>
    public FakeBackingFiles? Backings { get; init; }

    public FuseServer Server => _server!;

    /// <summary>A connection that has gone through INIT with everything offered.</summary>
    public static FakeKernel Connect(
        IFuseFileSystem fileSystem,
        FuseMountOptions? options = null,
        FakeBackingFiles? backings = null,
        uint flags2 = 0x5FD)
    {
        FakeKernel kernel = new() { Backings = backings };
        ulong unique = kernel.SendInit(7, 45, 0x73FFFFFB, flags2);
        kernel.Serve(fileSystem, options ?? new FuseMountOptions { ReaderThreads = 2 });
        Assert.Equal(0, kernel.Receive(unique).Error);
        return kernel;
    }

    public void Serve(IFuseFileSystem fileSystem, FuseMountOptions options) =>
        _server = FuseServer.Serve(_daemon, fileSystem, options, Logger, Backings);

    public ulong SendInit(uint major, uint minor, uint flags, uint flags2)
    {
        InitIn init = new(major, minor, MaxReadahead: 131072, flags, flags2, default);
        ReadOnlySpan<byte> body = Bytes(in init);
        return Send(FuseOpcode.Init, 0, body[..(minor >= 36 ? InitIn.Size : InitIn.ShortSize)]);
    }

    /// <summary>Sends a request with the next free unique, which is even, as the kernel's are.</summary>
    public ulong Send(FuseOpcode opcode, ulong node, params ReadOnlySpan<byte> body)
    {
        ulong unique = _nextUnique;
        _nextUnique += 2;
        SendAs(unique, opcode, node, body);
        return unique;
    }

    public ulong Send<T>(FuseOpcode opcode, ulong node, in T body)
        where T : unmanaged => Send(opcode, node, Bytes(in body));

    public ulong SendRead(ulong node, ulong offset, uint size, FuseOpcode opcode = FuseOpcode.Read) =>
        Send(opcode, node, new ReadIn(FileHandle: 0, offset, size, ReadFlags: 0, LockOwner: 0, Flags: 0, Padding: 0));

    /// <summary>INTERRUPT: its own unique is the original's with the lowest bit set.</summary>
    public void SendInterrupt(ulong unique)
    {
        InterruptIn interrupt = new(unique);
        SendAs(unique | 1, FuseOpcode.Interrupt, 0, Bytes(in interrupt));
    }

    public void SendAs(ulong unique, FuseOpcode opcode, ulong node, ReadOnlySpan<byte> body)
    {
        InHeader header = new((uint)(InHeader.Size + body.Length), opcode, unique, node, 0, 0, Caller, 0, 0);
        SendRaw([.. Bytes(in header), .. body]);
    }

    public void SendRaw(ReadOnlySpan<byte> message) => Assert.Equal(Errno.None, _kernel.Write(message));

    /// <summary>The next reply, whosever it is.</summary>
    public (int Error, ulong Unique, byte[] Content) ReceiveAny()
    {
        Assert.True(_kernel.WaitForRequest(Patience), "no reply");
        int length = _kernel.Read(_buffer, out Errno error);
        Assert.True(length >= OutHeader.Size, $"{length} bytes ({error})");
        OutHeader header = MemoryMarshal.Read<OutHeader>(_buffer);
        Assert.Equal((uint)length, header.Length);
        if (header.Unique == 0)
        {
            return (header.Error, 0, _buffer[OutHeader.Size..length]);
        }

        Assert.InRange(header.Error, -511, 0);
        Assert.True(header.Error == 0 || length == OutHeader.Size, "an error reply is a header alone");
        return (header.Error, header.Unique, _buffer[OutHeader.Size..length]);
    }

    /// <summary>The next message, which must be a notification.</summary>
    public (int Code, byte[] Content) ReceiveNotice()
    {
        (int code, ulong unique, byte[] content) = ReceiveAny();
        Assert.Equal(0UL, unique);
        return (code, content);
    }

    /// <summary>The next reply, which must be to this request.</summary>
    public (int Error, byte[] Content) Receive(ulong unique)
    {
        (int error, ulong found, byte[] content) = ReceiveAny();
        Assert.Equal(unique, found);
        return (error, content);
    }

    /// <summary>A successful reply's struct.</summary>
    public T Receive<T>(ulong unique)
        where T : unmanaged
    {
        (int error, byte[] content) = Receive(unique);
        Assert.Equal(0, error);
        Assert.Equal(Unsafe.SizeOf<T>(), content.Length);
        return MemoryMarshal.Read<T>(content);
    }

    public void AssertError(Errno expected, ulong unique) => Assert.Equal(-(int)expected, Receive(unique).Error);

    /// <summary>Nothing is waiting: asks something harmless, whose reply must be the next one.</summary>
    public void AssertSilent()
    {
        ulong unique = Send(FuseOpcode.Statfs, 1);
        Assert.Equal(0, Receive(unique).Error);
    }

    public static byte[] Name(string name) => [.. Encoding.UTF8.GetBytes(name), 0];

    public static byte[] Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    /// <summary>Unmounts, as the server sees it.</summary>
    public void Close() => _kernel.Dispose();

    public async ValueTask DisposeAsync()
    {
        Close();
        if (_server is not null)
        {
            await _server.Completion.WaitAsync(Patience);
            await _server.DisposeAsync();
        }

        _daemon.Dispose();
    }
}
