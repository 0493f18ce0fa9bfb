using System.Text;
using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>
/// Names to nodes: LOOKUP, READLINK, and FORGET, which is nothing here (node ids outlive every look-up).
/// </summary>
internal static class NameOperations
{
    public static ValueTask Lookup(FuseRequest request, ReadOnlySpan<byte> body)
    {
        if (!WireName.TryRead(body, out string? name))
        {
            request.Fail(Errno.EINVAL);
            return ValueTask.CompletedTask;
        }

        if (body.IndexOf((byte)0) > WireName.MaxBytes)
        {
            request.Fail(Errno.ENAMETOOLONG);
            return ValueTask.CompletedTask;
        }

        // An NFS server that lost its cache finds its way by "." and ".." (FUSE_EXPORT_SUPPORT).
        return name switch
        {
            "." => LookupNodeAsync(request, request.Node),
            ".." => LookupParentAsync(request),
            null => AnswerAbsent(request),
            _ => LookupNameAsync(request, name),
        };
    }

    public static ValueTask ReadLink(FuseRequest request, ReadOnlySpan<byte> body) => ReadLinkAsync(request);

    public static ValueTask Forget(FuseRequest request, ReadOnlySpan<byte> body)
    {
        request.SucceedSilently();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask LookupNameAsync(FuseRequest request, string name)
    {
        FuseEntry? found = await request.FileSystem
            .LookupAsync(request.Node, name, request.CancellationToken).ConfigureAwait(false);
        if (found is { } entry)
        {
            EntryOut reply = AttributeEncoding.ToEntryOut(in entry);
            request.SucceedWith(in reply);
            return;
        }

        await AnswerAbsent(request).ConfigureAwait(false);
    }

    private static async ValueTask LookupParentAsync(FuseRequest request)
    {
        NodeId parent = await request.FileSystem
            .GetParentAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        await LookupNodeAsync(request, parent).ConfigureAwait(false);
    }

    private static async ValueTask LookupNodeAsync(FuseRequest request, NodeId node)
    {
        FuseAttributes attributes = await request.FileSystem
            .GetAttributesAsync(node, request.CancellationToken).ConfigureAwait(false);
        ulong generation = request.FileSystem.GetGeneration(node);
        EntryOut reply = AttributeEncoding.ToEntryOut(new FuseEntry(attributes, generation, attributes.Validity));
        request.SucceedWith(in reply);
    }

    private static ValueTask AnswerAbsent(FuseRequest request)
    {
        if (request.Session.NegativeValidity > TimeSpan.Zero)
        {
            EntryOut reply = AttributeEncoding.ToNegativeEntryOut(request.Session.NegativeValidity);
            request.SucceedWith(in reply);
        }
        else
        {
            request.Fail(Errno.ENOENT);
        }

        return ValueTask.CompletedTask;
    }

    private static async ValueTask ReadLinkAsync(FuseRequest request)
    {
        string target = await request.FileSystem
            .ReadLinkAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        request.SucceedWithBytes(Encoding.UTF8.GetBytes(target));
    }
}
