using VdiFs.Pool.Content;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>Changed-block tracking.</summary>
internal static class CbtMethods
{
    private const string MetadataType = "cbt_metadata";

    // ocaml/xapi/xapi_vdi.ml: data_destroy waits this long for the last VBD to go.
    private static readonly TimeSpan DetachWait = TimeSpan.FromSeconds(4);

    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add("VDI.enable_cbt", 1, a => Enable(state, a.Object<VdiObject>(0)), hasAsync: true);
        methods.Add("VDI.disable_cbt", 1, a => Disable(state, a.Object<VdiObject>(0)), hasAsync: true);
        methods.Add(
            "VDI.list_changed_blocks",
            2,
            a => ListChangedBlocks(state, a.Object<VdiObject>(0), a.Object<VdiObject>(1)),
            hasAsync: true);
        methods.Add(new RpcMethod(
            "VDI.data_destroy", 1, 1, (a, token) => DataDestroyAsync(state, a.Object<VdiObject>(0), token))
        {
            HasAsync = true,
        });
    }

    private static void Enable(PoolState state, VdiObject vdi) => state.Mutate(() =>
    {
        CheckTrackable(vdi);
        if (vdi.Content?.Image == VdiImage.Raw)
        {
            throw new XapiFailureException(
                "SR_BACKEND_FAILURE_66", "", "The VDI type is not supported [opterr=raw]", "");
        }

        if (!vdi.CbtEnabled)
        {
            vdi.CbtEnabled = true;
            vdi.CbtChain = state.NewUuid();
        }
    });

    private static void Disable(PoolState state, VdiObject vdi) => state.Mutate(() =>
    {
        CheckTrackable(vdi);
        vdi.CbtEnabled = false;
        vdi.CbtChain = null;
    });

    private static void CheckTrackable(VdiObject vdi)
    {
        if (vdi.Type is not ("user" or "system"))
        {
            throw new XapiFailureException("VDI_INCOMPATIBLE_TYPE", vdi.Ref, vdi.Type);
        }

        if (vdi.IsASnapshot)
        {
            throw new XapiFailureException("OPERATION_NOT_ALLOWED", "VDI is a snapshot: " + vdi.Ref);
        }

        if (vdi.OnBoot == "reset")
        {
            throw new XapiFailureException(
                "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", vdi.Ref, "reset");
        }
    }

    private static RpcValue ListChangedBlocks(PoolState state, VdiObject from, VdiObject to)
    {
        (IVdiContent older, IVdiContent newer) = state.Read(() =>
        {
            if (to.Vbds.Select(state.Get<VbdObject>).Any(vbd => vbd.CurrentlyAttached))
            {
                throw new XapiFailureException("VDI_IN_USE", to.Ref, "list_changed_blocks");
            }

            bool isOneChain = from.CbtChain is not null && from.CbtChain == to.CbtChain;
            bool isOlder = from.IsASnapshot && (!to.IsASnapshot || from.CreatedAt < to.CreatedAt);
            return isOneChain && isOlder && from.Content is { } first && to.Content is { } second
                ? (first, second)
                : throw Unrelated(from == to ? "the same" : "unrelated");
        });
        return RpcValue.Of(Convert.ToBase64String(newer.ChangedBlocksSince(older)));
    }

    private static XapiFailureException Unrelated(string how) => new(
        "SR_BACKEND_FAILURE_460",
        "",
        $"Failed to calculate changed blocks for given VDIs. [opterr=Source and target VDI are {how}]",
        "");

    private static async Task<RpcValue> DataDestroyAsync(
        PoolState state, VdiObject vdi, CancellationToken cancellationToken)
    {
        string type = state.Mutate(() =>
        {
            if (!vdi.IsASnapshot)
            {
                throw new XapiFailureException("OPERATION_NOT_ALLOWED", "VDI is not a snapshot: " + vdi.Ref);
            }

            if (!vdi.CbtEnabled)
            {
                throw new XapiFailureException("VDI_NO_CBT_METADATA", vdi.Ref);
            }

            string before = vdi.Type;
            vdi.Type = MetadataType;
            return before;
        });
        if (!await IsDetachedAsync(state, vdi, cancellationToken))
        {
            state.Mutate(() => vdi.Type = type);
            throw new XapiFailureException("VDI_IN_USE", vdi.Ref, "data_destroy");
        }

        // Its images stay known for list_changed_blocks; its type forbids every way to their bytes.
        state.Mutate(() => vdi.PhysicalUtilisationBytes = 0);
        return RpcValue.Void;
    }

    private static async Task<bool> IsDetachedAsync(
        PoolState state, VdiObject vdi, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(DetachWait, state.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        while (true)
        {
            (bool isAttached, long seen) = state.Read(() => (vdi.Vbds.Count > 0, state.Generation));
            if (!isAttached)
            {
                return true;
            }

            try
            {
                await state.WaitForChangeAsync(seen, stop.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}
