using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>
/// OPENDIR, READDIR, READDIRPLUS. A cookie is the index of the next line, with "." and ".." in front, so paging needs
/// no state. All directories are static: the kernel keeps their listing.
/// </summary>
internal static class DirectoryOperations
{
    /// <summary>The longest page answered at once, in bytes.</summary>
    public const int MaxPageBytes = 128 * 1024;

    private const int DotEntries = 2;

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
        IReadOnlyList<FuseDirectoryEntry> entries = await request.FileSystem
            .ListAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        NodeId parent = cookie < DotEntries
            ? await request.FileSystem.GetParentAsync(request.Node, request.CancellationToken).ConfigureAwait(false)
            : default;
        byte[] page = new byte[size];
        DirectoryPage writer = new(page, plus);
        int used = 0;
        while (cookie < (ulong)(entries.Count + DotEntries))
        {
            ulong next = cookie + 1;
            bool fits = cookie switch
            {
                0 => writer.TryAddDot(ref used, ".", request.Node, next),
                1 => writer.TryAddDot(ref used, "..", parent, next),
                _ => writer.TryAdd(ref used, entries[(int)cookie - DotEntries], next),
            };
            if (!fits)
            {
                break;
            }

            cookie = next;
        }

        if (used == 0 && cookie < (ulong)(entries.Count + DotEntries))
        {
            // An empty page would be the end of the directory.
            request.Fail(Errno.EINVAL);
            return;
        }

        request.SucceedWithBytes(page.AsSpan(0, used));
    }

    /// <summary>Writes <c>struct fuse_dirent</c> or <c>struct fuse_direntplus</c>, each padded to 8 bytes.</summary>
    private readonly struct DirectoryPage(byte[] page, bool plus)
    {
        private const int Alignment = 8;

        /// <summary>"No look-up was done": node id 0.</summary>
        public bool TryAddDot(ref int used, string name, NodeId node, ulong next) =>
            TryAdd(ref used, name, node.Value, FuseFileType.Directory, default(EntryOut), next);

        public bool TryAdd(ref int used, FuseDirectoryEntry line, ulong next)
        {
            FuseEntry entry = line.Entry;
            EntryOut reply = plus ? AttributeEncoding.ToEntryOut(in entry) : default;
            return TryAdd(ref used, line.Name, entry.Attributes.Node.Value, entry.Attributes.Type, in reply, next);
        }

        private bool TryAdd(ref int used, string name, ulong ino, FuseFileType type, in EntryOut entry, ulong next)
        {
            int nameLength = Encoding.UTF8.GetByteCount(name);
            if (nameLength is 0 or > WireName.MaxBytes)
            {
                throw new FuseException(
                    Errno.EIO, $"expected a name of 1 to {WireName.MaxBytes} bytes, found {nameLength}", inner: null);
            }

            int head = (plus ? Unsafe.SizeOf<EntryOut>() : 0) + Dirent.Size;
            int length = (head + nameLength + Alignment - 1) / Alignment * Alignment;
            if (length > page.Length - used)
            {
                return false;
            }

            Span<byte> line = page.AsSpan(used, length);
            Dirent dirent = new(ino, next, (uint)nameLength, AttributeEncoding.DirectoryEntryType(type));
            if (plus)
            {
                MemoryMarshal.Write(line, in entry);
            }

            MemoryMarshal.Write(line[(head - Dirent.Size)..], in dirent);
            Encoding.UTF8.GetBytes(name, line[head..]);
            used += length;
            return true;
        }
    }
}
