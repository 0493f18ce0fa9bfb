using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// What the server tells the kernel without being asked. The kernel does it within the write: it waits for the locks
/// that requests in progress hold until they are answered (fs/fuse/dir.c, fuse_reverse_inval_entry: the directory's;
/// fs/fuse/inode.c, fuse_reverse_inval_inode: those of the pages being read).
/// </summary>
internal sealed class KernelNotifier(FuseDevice device, ILogger logger)
{
    /// <summary>Forgets a name; when this returns, whoever was listing or looking up in the directory is
    /// done.</summary>
    public void InvalidateEntry(ulong parent, string name)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(name), 0];
        NotifyInvalidateEntryOut notice = new(parent, (uint)text.Length - 1, Flags: 0);
        Send(FuseNotifyCode.InvalidateEntry, parent, [.. Bytes(in notice), .. text]);
    }

    /// <summary>Forgets a node's attributes and cached pages; a directory's pages are its listing.</summary>
    public void InvalidateInode(ulong node)
    {
        NotifyInvalidateInodeOut notice = new(node, Offset: 0, Length: 0);
        Send(FuseNotifyCode.InvalidateInode, node, Bytes(in notice));
    }

    private void Send(FuseNotifyCode code, ulong node, ReadOnlySpan<byte> body)
    {
        byte[] message = new byte[OutHeader.Size + body.Length];
        OutHeader header = new((uint)message.Length, (int)code, Unique: 0);
        MemoryMarshal.Write(message, in header);
        body.CopyTo(message.AsSpan(OutHeader.Size));
        Errno written;
        try
        {
            written = device.Write(message);
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended, and with it all that the kernel had kept.
            return;
        }

        // ENOENT: it does not know the node or the name. The others: the connection has ended.
        if (written is not (Errno.None or Errno.ENOENT or Errno.ENODEV or Errno.ECONNABORTED or Errno.ENOTCONN
            or Errno.EPIPE))
        {
            FuseLog.NoticeRefused(logger, code, node, written);
        }
    }

    private static byte[] Bytes<T>(in T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, in value);
        return bytes;
    }
}
