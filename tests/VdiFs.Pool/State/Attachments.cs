using System.Globalization;

namespace VdiFs.Pool.State;

/// <summary>VBDs as XAPI makes, plugs, unplugs and destroys them, for guests and for dom0s.</summary>
public static class Attachments
{
    // ocaml/xapi/xapi_vm_helpers.ml: numbers of devices of a control domain.
    private const int MostDevices = 256;

    private static readonly string[] AttachableTypes =
        ["system", "user", "ephemeral", "suspend", "crashdump", "metadata", "rrd", "pvs_cache"];

    extension(PoolState state)
    {
        /// <summary>
        /// What xapi-nbd and the export handler do between a name and the disk's bytes: a session, a VDI, a read-only
        /// VBD of this host's dom0, plugged. Every step shows in events.
        /// </summary>
        /// <exception cref="XapiFailureException">SESSION_INVALID, UUID_INVALID, VDI_INCOMPATIBLE_TYPE, ...</exception>
        public async Task<VbdObject> AttachToDom0Async(
            HostObject host, string vdiUuid, string sessionRef, CancellationToken cancellationToken)
        {
            state.Sessions.Use(sessionRef);
            VbdObject vbd = state.Mutate(() => state.CreateVbd(
                host.ControlDomain ?? throw new InvalidOperationException("no dom0"),
                state.GetByUuid<VdiObject>(vdiUuid),
                "autodetect",
                "RO",
                host));
            try
            {
                await Task.Delay(host.Faults.PlugDelay, state.Time, cancellationToken);
                state.PlugVbd(vbd, host);
                return vbd;
            }
            catch
            {
                state.DetachFromDom0(vbd);
                throw;
            }
        }

        /// <summary>Unplugs and destroys a VBD of a dom0; does nothing to one that is gone already.</summary>
        public void DetachFromDom0(VbdObject vbd) => state.Mutate(() =>
        {
            if (!vbd.IsGone)
            {
                state.UnplugVbd(vbd);
                state.Remove(vbd);
            }
        });

        /// <summary>VBD.create.</summary>
        public VbdObject CreateVbd(VmObject vm, VdiObject vdi, string userDevice, string mode, HostObject? dom0Host) =>
            state.Mutate(() =>
            {
                if (!AttachableTypes.Contains(vdi.Type))
                {
                    throw new XapiFailureException("VDI_INCOMPATIBLE_TYPE", vdi.Ref, vdi.Type);
                }

                if (!vdi.Managed)
                {
                    throw new XapiFailureException("VDI_NOT_MANAGED", vdi.Ref);
                }

                return state.Add(new VbdObject(state)
                {
                    Vm = vm,
                    Vdi = vdi,
                    UserDevice = state.FreeDevice(vm, userDevice),
                    Mode = mode,
                    Dom0Host = dom0Host,
                });
            });

        /// <summary>VBD.plug on a host, with the checks of the SR's driver.</summary>
        public void PlugVbd(VbdObject vbd, HostObject host) => state.Mutate(() =>
        {
            VdiObject vdi = vbd.Vdi is { IsGone: false } one
                ? one
                : throw XapiFailureException.HandleInvalid("VDI", vbd.Vdi?.Ref ?? XapiObject.NullRef);
            if (vdi.Missing)
            {
                throw new XapiFailureException("VDI_MISSING", vdi.Sr.Ref, vdi.Ref);
            }

            if (!vdi.Sr.IsSeenBy(host))
            {
                throw new XapiFailureException("SR_NOT_ATTACHED", vdi.Sr.Ref);
            }

            if (host.Faults.PlugFails || IsHeldElsewhere(vdi, host))
            {
                throw new XapiFailureException(
                    "SR_BACKEND_FAILURE_46",
                    "",
                    $"The VDI is not available [opterr=VDI {vdi.Uuid} not detached cleanly]",
                    "");
            }

            vbd.Device = vbd.Dom0Host is null
                ? "xvd" + (char)('a' + int.Parse(vbd.UserDevice, CultureInfo.InvariantCulture))
                : $"sm/backend/{vdi.Sr.Uuid}/{vdi.Uuid}";
            vbd.CurrentlyAttached = true;
            state.NoteActivation(vdi, host);
        });

        /// <summary>VBD.unplug.</summary>
        public void UnplugVbd(VbdObject vbd) => state.Mutate(() =>
        {
            vbd.CurrentlyAttached = false;
            vbd.Device = "";
            if (vbd.Vdi is { IsGone: false } vdi && (vbd.Dom0Host ?? vbd.Vm.ResidentOn) is { } host)
            {
                state.NoteActivation(vdi, host);
            }
        });

        private string FreeDevice(VmObject vm, string userDevice)
        {
            HashSet<string> taken = [.. vm.Vbds.Select(vbd => state.Get<VbdObject>(vbd).UserDevice)];
            if (userDevice != "autodetect")
            {
                return taken.Contains(userDevice)
                    ? throw new XapiFailureException("DEVICE_ALREADY_EXISTS", userDevice)
                    : userDevice;
            }

            return Enumerable.Range(0, MostDevices)
                .Select(number => number.ToString(CultureInfo.InvariantCulture))
                .FirstOrDefault(number => !taken.Contains(number))
                ?? throw new XapiFailureException("INVALID_DEVICE", "autodetect");
        }

        /// <summary>As the SR's driver: sm_config tells on which host a disk is active, and how.</summary>
        private void NoteActivation(VdiObject vdi, HostObject host)
        {
            VbdObject[] active =
            [
                .. vdi.Vbds.Select(state.Get<VbdObject>)
                    .Where(vbd => vbd.CurrentlyAttached && (vbd.Dom0Host ?? vbd.Vm.ResidentOn) == host),
            ];
            vdi.SmConfig[ActivationKey(host)] =
                active.Length == 0 ? null : active.Any(vbd => vbd.Mode == "RW") ? "RW" : "RO";
        }
    }

    private static string ActivationKey(HostObject host) => "host_" + host.Ref;

    private static bool IsHeldElsewhere(VdiObject vdi, HostObject host) => vdi.SmConfig.Any(entry =>
        entry.Key.StartsWith("host_", StringComparison.Ordinal)
        && entry.Key != ActivationKey(host)
        && entry.Value == "RW");
}
