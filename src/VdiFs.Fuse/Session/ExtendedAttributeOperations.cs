using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>GETXATTR and LISTXATTR; a size of 0 asks how long the answer would be.</summary>
internal static class ExtendedAttributeOperations
{
    private const string AclPrefix = "system.posix_acl_";

    public static ValueTask Get(FuseRequest request, ReadOnlySpan<byte> body)
    {
        uint size = MemoryMarshal.Read<GetxattrIn>(body).Size;
        if (!WireName.TryRead(body[Unsafe.SizeOf<GetxattrIn>()..], out string? name))
        {
            request.Fail(Errno.EINVAL);
            return ValueTask.CompletedTask;
        }

        if (name is null || name.StartsWith(AclPrefix, StringComparison.Ordinal))
        {
            request.Fail(name is null ? Errno.ENODATA : Errno.EOPNOTSUPP);
            return ValueTask.CompletedTask;
        }

        return GetAsync(request, name, size);
    }

    public static ValueTask List(FuseRequest request, ReadOnlySpan<byte> body) =>
        ListAsync(request, MemoryMarshal.Read<GetxattrIn>(body).Size);

    private static async ValueTask GetAsync(FuseRequest request, string name, uint size)
    {
        ReadOnlyMemory<byte>? value = await request.FileSystem
            .GetExtendedAttributeAsync(request.Node, name, request.CancellationToken).ConfigureAwait(false);
        if (value is { } bytes)
        {
            Answer(request, bytes.Span, size);
        }
        else
        {
            request.Fail(Errno.ENODATA);
        }
    }

    private static async ValueTask ListAsync(FuseRequest request, uint size)
    {
        IReadOnlyList<string> names = await request.FileSystem
            .ListExtendedAttributesAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        byte[] list = Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + '\0')));
        Answer(request, list, size);
    }

    private static void Answer(FuseRequest request, ReadOnlySpan<byte> value, uint size)
    {
        if (size == 0)
        {
            GetxattrOut reply = new((uint)value.Length, Padding: 0);
            request.SucceedWith(in reply);
        }
        else if (value.Length > size)
        {
            request.Fail(Errno.ERANGE);
        }
        else
        {
            request.SucceedWithBytes(value);
        }
    }
}
