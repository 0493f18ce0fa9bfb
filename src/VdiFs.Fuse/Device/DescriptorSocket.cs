using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace VdiFs.Fuse.Device;

/// <summary>A socket pair over which a child sends one descriptor (SCM_RIGHTS, unix(7)).</summary>
internal static unsafe class DescriptorSocket
{
    private const int LevelSocket = 1;
    private const int RightsType = 1;
    private const int DoNotWait = 0x40;
    private const int CloseOnExec = 0x40000000;
    private const int ControlHeaderLength = 16;
    private const int ControlLength = 24;

    /// <summary>
    /// Our end is close-on-exec; theirs is inherited by every child started until the caller closes it, which harms
    /// nobody: it carries nothing but the helper's own message.
    /// </summary>
    public static (SafeFileHandle Ours, int Theirs) CreatePair()
    {
        int* ends = stackalloc int[2];
        if (LibC.SocketPair(LibC.AddressFamilyUnix, LibC.SocketStream | LibC.SocketCloseOnExec, 0, ends) != 0)
        {
            throw new Win32Exception((int)LibC.LastError);
        }

        // A duplicate is not close-on-exec.
        int theirs = LibC.DuplicateAny(ends[1]);
        _ = LibC.Close(ends[1]);
        return (new SafeFileHandle(ends[0], ownsHandle: true), theirs);
    }

    /// <summary>Takes the descriptor that is waiting, close-on-exec; null when there is none.</summary>
    public static SafeFileHandle? Receive(SafeFileHandle socket)
    {
        byte oneByte = 0;
        byte* control = stackalloc byte[ControlLength];
        new Span<byte>(control, ControlLength).Clear();
        Segment segment = new((nint)(&oneByte), 1);
        MessageHeader message = new()
        {
            Segments = &segment,
            SegmentCount = 1,
            Control = control,
            ControlLength = ControlLength,
        };
        if (LibC.ReceiveMessage(socket, &message, DoNotWait | CloseOnExec) != 1
            || message.ControlLength < ControlHeaderLength + sizeof(int)
            || *(int*)(control + 8) != LevelSocket
            || *(int*)(control + 12) != RightsType)
        {
            return null;
        }

        return new SafeFileHandle(*(int*)(control + ControlHeaderLength), ownsHandle: true);
    }
}
