using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>
/// OPENDIR, READDIR, READDIRPLUS. A cookie is the position from which the next page starts, with "." and ".." in front,
/// so paging needs no state. The kernel keeps listings until it is told to forget them.
/// </summary>
internal static class DirectoryOperations
{
    /// <summary>The longest page answered at once, in bytes.</summary>
    public const int MaxPageBytes = 128 * 1024;

    private const int DotEntries = 2;

    // The kernel keeps cookies as signed numbers; no entry has a position that high.
    private const ulong MaxCookie = long.MaxValue;

    public static ValueTask Open(FuseRequest request, ReadOnlySpan<byte> body) => OpenAsync(request);

    public static ValueTask Read(FuseRequest request, ReadOnlySpan<byte> body) => Start(request, body, plus: false);

    public static ValueTask ReadPlus(FuseRequest request, ReadOnlySpan<byte> body) => Start(request, body, plus: true);

    private static ValueTask Start(FuseRequest request, ReadOnlySpan<byte> body, bool plus)
    {
        ReadIn read = MemoryMarshal.Read<ReadIn>(body);
        int size = (int)Math.Min(read.Size, MaxPageBytes);
        return ReadAsync(request, read.Offset, size, plus);
    }

    /// <summary>
    /// Answered, not ENOSYS: then the kernel would go on listing a mount whose daemon is dead.
    /// </summary>
    private static async ValueTask OpenAsync(FuseRequest request)
    {
        FuseAttributes attributes = await request.FileSystem
            .GetAttributesAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        if (attributes.Type != FuseFileType.Directory)
        {
            request.Fail(Errno.ENOTDIR);
            return;
        }

        OpenOut reply = new(FileHandle: 0, FuseOpenFlags.KeepCache | FuseOpenFlags.CacheDir, BackingId: 0);
        request.SucceedWith(in reply);
    }

    private static async ValueTask ReadAsync(FuseRequest request, ulong cookie, int size, bool plus)
    {
        if (cookie > MaxCookie)
        {
            request.Succeed();
            return;
        }

        long position = Math.Max(0, (long)cookie - DotEntries);
        IEnumerable<FuseDirectoryEntry> entries = await request.FileSystem
            .ListAsync(request.Node, position, request.CancellationToken).ConfigureAwait(false);
        NodeId parent = cookie < DotEntries
            ? await request.FileSystem.GetParentAsync(request.Node, request.CancellationToken).ConfigureAwait(false)
            : default;
        DirectoryPage page = new(new byte[size], plus);
        bool isWhole = (cookie > 0 || page.TryAddDot(".", request.Node, next: 1))
            && (cookie > 1 || page.TryAddDot("..", parent, next: DotEntries));
        foreach (FuseDirectoryEntry entry in isWhole ? entries : [])
        {
            isWhole = page.TryAdd(entry, (ulong)entry.Position + DotEntries + 1);
            if (!isWhole)
            {
                break;
            }
        }

        if (page.Used == 0 && !isWhole)
        {
            // An empty page would be the end of the directory.
            request.Fail(Errno.EINVAL);
            return;
        }

        request.SucceedWithBytes(page.Written);
    }

    /// <summary>Writes <c>struct fuse_dirent</c> or <c>struct fuse_direntplus</c>, each padded to 8 bytes.</summary>
    private sealed class DirectoryPage(byte[] page, bool plus)
    {
        private const int Alignment = 8;

        /// <summary>Bytes written so far.</summary>
        public int Used { get; private set; }

        public ReadOnlySpan<byte> Written => page.AsSpan(0, Used);

        /// <summary>"No look-up was done": node id 0.</summary>
        public bool TryAddDot(string name, NodeId node, ulong next) =>
            TryAdd(name, node.Value, FuseFileType.Directory, default(EntryOut), next);

        public bool TryAdd(FuseDirectoryEntry line, ulong next)
        {
            FuseEntry entry = line.Entry;
            EntryOut reply = plus ? AttributeEncoding.ToEntryOut(in entry) : default;
            return TryAdd(line.Name, entry.Attributes.Node.Value, entry.Attributes.Type, in reply, next);
        }

        private bool TryAdd(string name, ulong ino, FuseFileType type, in EntryOut entry, ulong next)
        {
            int nameLength = Encoding.UTF8.GetByteCount(name);
            if (nameLength is 0 or > WireName.MaxBytes)
            {
                throw new FuseException(
                    Errno.EIO, $"expected a name of 1 to {WireName.MaxBytes} bytes, found {nameLength}", inner: null);
            }

            int head = (plus ? Unsafe.SizeOf<EntryOut>() : 0) + Dirent.Size;
            int length = (head + nameLength + Alignment - 1) / Alignment * Alignment;
            if (length > page.Length - Used)
            {
                return false;
            }

            Span<byte> line = page.AsSpan(Used, length);
            Dirent dirent = new(ino, next, (uint)nameLength, AttributeEncoding.DirectoryEntryType(type));
            if (plus)
            {
                MemoryMarshal.Write(line, in entry);
            }

            MemoryMarshal.Write(line[(head - Dirent.Size)..], in dirent);
            Encoding.UTF8.GetBytes(name, line[head..]);
            Used += length;
            return true;
        }
    }
}
