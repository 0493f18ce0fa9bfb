using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>What a node looks like: GETATTR, STATX, and STATFS for all of them.</summary>
internal static class AttributeOperations
{
    public static ValueTask GetAttributes(FuseRequest request, ReadOnlySpan<byte> body) => GetAttributesAsync(request);

    public static ValueTask Statx(FuseRequest request, ReadOnlySpan<byte> body) => StatxAsync(request);

    public static ValueTask Statfs(FuseRequest request, ReadOnlySpan<byte> body)
    {
        FuseStatistics statistics = request.FileSystem.GetStatistics();
        StatfsOut reply = default(StatfsOut) with
        {
            Blocks = (ulong)statistics.TotalBlocks,
            FreeBlocks = (ulong)statistics.FreeBlocks,
            AvailableBlocks = (ulong)statistics.FreeBlocks,
            Files = (ulong)statistics.Files,
            BlockSize = FuseStatistics.BlockSizeBytes,
            FragmentSize = FuseStatistics.BlockSizeBytes,
            NameLength = WireName.MaxBytes,
        };
        request.SucceedWith(in reply);
        return ValueTask.CompletedTask;
    }

    private static async ValueTask GetAttributesAsync(FuseRequest request)
    {
        FuseAttributes attributes = await request.FileSystem
            .GetAttributesAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        AttrOut reply = AttributeEncoding.ToAttrOut(in attributes);
        request.SucceedWith(in reply);
    }

    private static async ValueTask StatxAsync(FuseRequest request)
    {
        FuseAttributes attributes = await request.FileSystem
            .GetAttributesAsync(request.Node, request.CancellationToken).ConfigureAwait(false);
        StatxOut reply = AttributeEncoding.ToStatxOut(in attributes);
        request.SucceedWith(in reply);
    }
}
