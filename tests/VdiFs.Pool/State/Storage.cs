using VdiFs.Pool.Content;

namespace VdiFs.Pool.State;

/// <summary>What the SR's driver does with disks: snapshots leave base copies, which go when one child is
/// left.</summary>
public static class Storage
{
    private const string ParentKey = "vhd-parent";

    extension(PoolState state)
    {
        /// <summary>VDI.snapshot.</summary>
        public VdiObject Snapshot(VdiObject vdi) => state.Mutate(() =>
        {
            CheckSnapshot(vdi);
            IVdiContent? content = vdi.Content?.Snapshot();
            VdiObject baseCopy = state.AddBaseCopy(vdi);
            var snapshot = new VdiObject(state)
            {
                Sr = vdi.Sr,
                Content = content,
                NameLabel = vdi.NameLabel,
                NameDescription = vdi.NameDescription,
                Type = vdi.Type,
                VirtualSizeBytes = vdi.VirtualSizeBytes,
                PhysicalUtilisationBytes = 0,
                IsASnapshot = true,
                SnapshotOf = vdi.IsASnapshot ? vdi.SnapshotOf : vdi.Ref,
                SnapshotTime = state.Time.GetUtcNow(),
                CbtEnabled = vdi.CbtEnabled,
                CbtChain = vdi.CbtChain,
            };
            snapshot.Tags.Replace(vdi.Tags);
            snapshot.OtherConfig.Replace(vdi.OtherConfig);
            snapshot.SmConfig[ParentKey] = baseCopy.Uuid;
            vdi.SmConfig[ParentKey] = baseCopy.Uuid;
            return state.Add(snapshot);
        });

        /// <summary>VDI.destroy.</summary>
        public void Destroy(VdiObject vdi) => state.Mutate(() =>
        {
            if (!vdi.Managed)
            {
                throw new XapiFailureException("VDI_NOT_MANAGED", vdi.Ref);
            }

            VbdObject[] vbds = [.. vdi.Vbds.Select(state.Get<VbdObject>)];
            if (vbds.Any(vbd => vbd.CurrentlyAttached))
            {
                throw new XapiFailureException("VDI_IN_USE", vdi.Ref, "destroy");
            }

            foreach (VbdObject vbd in vbds)
            {
                state.Remove(vbd);
            }

            state.Remove(vdi);
            state.Coalesce(vdi.SmConfig[ParentKey]);
        });

        /// <summary>VDI.revert: the disk that a snapshot is of takes its bytes, and keeps its reference and
        /// uuid.</summary>
        public void Revert(VdiObject snapshot) => state.Mutate(() =>
        {
            VdiObject live = snapshot.IsASnapshot
                ? state.Get<VdiObject>(snapshot.SnapshotOf)
                : throw new XapiFailureException("OPERATION_NOT_ALLOWED", "VDI is not a snapshot: " + snapshot.Ref);
            if (live.Vbds.Select(state.Get<VbdObject>).Any(vbd => vbd.CurrentlyAttached))
            {
                throw new XapiFailureException("VDI_IN_USE", live.Ref, "revert");
            }

            live.Content!.RevertTo(snapshot.Content!);
            live.SmConfig[ParentKey] = snapshot.SmConfig[ParentKey];
        });

        /// <summary>What was written so far becomes a base copy that the disk and its new snapshot stand on.</summary>
        private VdiObject AddBaseCopy(VdiObject vdi)
        {
            var baseCopy = new VdiObject(state)
            {
                Sr = vdi.Sr,
                NameLabel = "base copy",
                VirtualSizeBytes = vdi.VirtualSizeBytes,
                PhysicalUtilisationBytes = vdi.PhysicalUtilisationBytes,
                Managed = false,
                ReadOnly = true,
            };
            baseCopy.SmConfig[ParentKey] = vdi.SmConfig[ParentKey];
            vdi.PhysicalUtilisationBytes = 0;
            return state.Add(baseCopy);
        }

        /// <summary>As the SR's garbage collector: a base copy with one child, or none, goes.</summary>
        private void Coalesce(string? baseUuid)
        {
            if (baseUuid is null || state.FindByUuid<VdiObject>(baseUuid) is not { Managed: false } baseCopy)
            {
                return;
            }

            VdiObject[] children =
            [
                .. baseCopy.Sr.Vdis.Select(state.Get<VdiObject>).Where(vdi => vdi.SmConfig[ParentKey] == baseUuid),
            ];
            if (children.Length > 1)
            {
                return;
            }

            string? above = baseCopy.SmConfig[ParentKey];
            foreach (VdiObject child in children)
            {
                child.SmConfig[ParentKey] = above;
                child.PhysicalUtilisationBytes += baseCopy.PhysicalUtilisationBytes;
            }

            state.Remove(baseCopy);
            if (children.Length == 0)
            {
                state.Coalesce(above);
            }
        }
    }

    private static void CheckSnapshot(VdiObject vdi)
    {
        if (vdi.Sharable)
        {
            throw new XapiFailureException("VDI_IS_SHARABLE", vdi.Ref);
        }

        if (!vdi.Managed)
        {
            throw new XapiFailureException("VDI_NOT_MANAGED", vdi.Ref);
        }

        if (vdi.OnBoot == "reset")
        {
            throw new XapiFailureException("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", vdi.Ref, "reset");
        }

        if (vdi.Type is not ("user" or "system"))
        {
            throw new XapiFailureException("VDI_INCOMPATIBLE_TYPE", vdi.Ref, vdi.Type);
        }

        if (vdi.Sr.IsRaw)
        {
            throw new XapiFailureException("SR_OPERATION_NOT_SUPPORTED", vdi.Sr.Ref);
        }

        if (vdi.Sr.PhysicalUtilisationBytes >= vdi.Sr.PhysicalSizeBytes)
        {
            throw new XapiFailureException(
                "SR_BACKEND_FAILURE_44", "", "There is insufficient space", "");
        }
    }
}
