using System.Runtime.InteropServices;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// A thread that reads requests from its own descriptor and runs each to its end, or to the point where it has to
/// wait: a blocked request must never block the next one.
/// </summary>
internal sealed class FuseReader
{
    /// <summary>
    /// The longest request without write data is a header, two names and a struct; the kernel demands
    /// at least 8192 bytes and refuses to write with less than max_write behind a header.
    /// </summary>
    public const int RequestBufferLength = 64 * 1024;

    private const int StackBytes = 512 * 1024;

    private readonly FuseSession _session;
    private readonly FuseDevice _device;
    private readonly Thread _thread;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(RequestBufferLength, pinned: true);

    // The request at hand; replaced when it goes asynchronous.
    private FuseRequest _request;

    public FuseReader(FuseSession session, FuseDevice device, int number)
    {
        _session = session;
        _device = device;
        _request = session.Requests.Rent();
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"fuse-{number}" };
    }

    public void Start() => _thread.Start();

    private void Run()
    {
        FuseEnd end = FuseEnd.Failed;
        try
        {
            end = Serve();
        }
        catch (Exception exception)
        {
            FuseLog.ReaderFailed(_session.Logger, exception);
        }

        _session.ReaderEnded(end);
    }

    private FuseEnd Serve()
    {
        while (true)
        {
            int length = _device.Read(_buffer, out Errno error);
            if (length > 0)
            {
                Handle(_buffer.AsSpan(0, length));
                continue;
            }

            switch (error)
            {
                // ENOENT: the request was interrupted while it was being read (fuse_dev_do_read).
                case Errno.EINTR or Errno.EAGAIN or Errno.ENOENT:
                    continue;
                case Errno.None or Errno.ENODEV:
                    return FuseEnd.Unmounted;
                case Errno.ECONNABORTED:
                    return FuseEnd.Aborted;
                default:
                    FuseLog.DeviceFailed(_session.Logger, error, LibC.Describe(error));
                    return FuseEnd.Failed;
            }
        }
    }

    private void Handle(ReadOnlySpan<byte> message)
    {
        if (message.Length < InHeader.Size)
        {
            FuseLog.RequestTooShort(_session.Logger, message.Length);
            return;
        }

        InHeader header = MemoryMarshal.Read<InHeader>(message);
        _request.Begin(_device, in header);
        if (header.Length != message.Length)
        {
            FuseLog.RequestLengthWrong(_session.Logger, header.Opcode, header.Length, message.Length);
            _request.Fail(Errno.EIO);
        }
        else
        {
            Dispatch(message[InHeader.Size..]);
        }

        if (!_request.TryRecycle())
        {
            _request = _session.Requests.Rent();
        }
    }

    private void Dispatch(ReadOnlySpan<byte> body)
    {
        ValueTask operation;
        try
        {
            operation = OperationTable.Run(_request, body);
        }
        catch (Exception exception)
        {
            _session.Fail(_request, exception);
            return;
        }

        if (operation.IsCompleted)
        {
            _session.Complete(_request, operation);
            return;
        }

        // The operation goes on elsewhere and takes the request with it.
        FuseRequest leaving = _request;
        _request = _session.Requests.Rent();
        _session.CompleteLater(leaving, operation);
    }
}
