using Microsoft.Win32.SafeHandles;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Device;

/// <summary>
/// One descriptor of a FUSE connection: /dev/fuse, a clone of it, or one end of a socket pair that keeps message
/// borders. One read is one request, one write is one reply. A reply must go to the descriptor its request came from:
/// each has its own table of unanswered requests (fs/fuse/dev.c, fuse_request_find).
/// </summary>
internal sealed class FuseDevice(SafeFileHandle handle) : IBackingFiles, IDisposable
{
    private const nuint CloneRequest = 0x8004E500;
    private const nuint BackingOpenRequest = 0x4010E501;
    private const nuint BackingCloseRequest = 0x4004E502;
    private const string DevicePath = "/dev/fuse";

    /// <summary>The descriptor, owned by this object.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>Opens /dev/fuse close-on-exec: a child that inherits it would keep a dead mount hanging.</summary>
    /// <returns>Null with the reason in <paramref name="error"/>.</returns>
    public static FuseDevice? TryOpen(out Errno error)
    {
        int descriptor = LibC.Open(DevicePath, LibC.OpenReadWrite | LibC.OpenCloseOnExec, 0);
        error = descriptor < 0 ? LibC.LastError : Errno.None;
        return descriptor < 0 ? null : new FuseDevice(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <summary>
    /// Another descriptor of the same connection (FUSE_DEV_IOC_CLONE); null where that cannot be had.
    /// </summary>
    public unsafe FuseDevice? TryClone()
    {
        FuseDevice? clone = TryOpen(out _);
        if (clone is null)
        {
            return null;
        }

        uint original = (uint)handle.DangerousGetHandle();
        if (LibC.Ioctl(clone.Handle, CloneRequest, &original) == 0)
        {
            return clone;
        }

        clone.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public unsafe int OpenBacking(SafeFileHandle file, out Errno error)
    {
        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            BackingMap map = new((int)file.DangerousGetHandle(), Flags: 0, Padding: 0);
            int id = LibC.Ioctl(handle, BackingOpenRequest, &map);
            error = id < 0 ? LibC.LastError : Errno.None;
            return Math.Max(id, 0);
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public unsafe void CloseBacking(int id) => _ = LibC.Ioctl(handle, BackingCloseRequest, &id);

    /// <summary>Waits for one request.</summary>
    /// <param name="buffer">At least 8192 bytes, else the kernel refuses.</param>
    /// <param name="error">Why the result is negative.</param>
    /// <returns>The request's length; 0 at the end of a socket; -1 for an error.</returns>
    public unsafe int Read(Span<byte> buffer, out Errno error)
    {
        fixed (byte* start = buffer)
        {
            nint length = LibC.Read(handle, start, (nuint)buffer.Length);
            error = length < 0 ? LibC.LastError : Errno.None;
            return (int)length;
        }
    }

    /// <summary>Writes one reply: header and content in one piece.</summary>
    public unsafe Errno Write(ReadOnlySpan<byte> message)
    {
        while (true)
        {
            fixed (byte* start = message)
            {
                if (LibC.Write(handle, start, (nuint)message.Length) == message.Length)
                {
                    return Errno.None;
                }
            }

            if (LibC.LastError != Errno.EINTR)
            {
                return LibC.LastError;
            }
        }
    }

    /// <summary>Writes one reply that lies in several places.</summary>
    public Errno Write(nint segments, int count)
    {
        while (LibC.WriteVector(handle, segments, count) < 0)
        {
            if (LibC.LastError != Errno.EINTR)
            {
                return LibC.LastError;
            }
        }

        return Errno.None;
    }

    /// <summary>Waits until there is something to read.</summary>
    /// <returns>False when the time is over.</returns>
    public unsafe bool WaitForRequest(TimeSpan timeout)
    {
        PollDescriptor poll = new() { Descriptor = (int)handle.DangerousGetHandle(), Events = LibC.PollIn };
        int ready = LibC.Poll(&poll, 1, (int)timeout.TotalMilliseconds);
        return ready > 0 || (ready < 0 && LibC.LastError == Errno.EINTR);
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
