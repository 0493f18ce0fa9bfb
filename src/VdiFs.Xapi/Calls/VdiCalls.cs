using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Calls;

/// <summary>Calls of class VDI. Each throws <see cref="XapiException"/>.</summary>
public static class VdiCalls
{
    /// <summary>
    /// Every way to the VDI over NBD; empty when no host that sees it has a network with the purpose nbd. One host that
    /// does not answer makes the whole call fail (HOST_OFFLINE, CANNOT_CONTACT_HOST).
    /// </summary>
    public static async Task<IReadOnlyList<VdiNbdServerInfo>> GetNbdInfoAsync(
        this XapiSession session, OpaqueRef vdi, CancellationToken cancellationToken)
    {
        JsonElement result = await session.CallAsync("VDI.get_nbd_info", [vdi], cancellationToken)
            .ConfigureAwait(false);
        return [.. CallResult.Items(result, "VDI.get_nbd_info").Select(NbdInfo)];
    }

    /// <summary>
    /// Begins to take a snapshot; returns the task whose <see cref="TaskRecord.ResultRef"/> is the snapshot one day.
    /// </summary>
    /// <param name="session">The pool.</param>
    /// <param name="vdi">The disk.</param>
    /// <param name="driverParams">For the SR's driver.</param>
    /// <param name="taskNotes">
    /// What the task bears in its other_config before the snapshot is begun, each key behind
    /// <see cref="TaskRecord.CallersPrefix"/>: so the snapshot is found also by who never got the answer. Lower case.
    /// </param>
    /// <param name="cancellationToken">Ends the call, not the snapshot.</param>
    public static Task<OpaqueRef> StartSnapshotAsync(
        this XapiSession session,
        OpaqueRef vdi,
        IReadOnlyDictionary<string, string> driverParams,
        IReadOnlyDictionary<string, string> taskNotes,
        CancellationToken cancellationToken) => session.StartForTaskAsync(
            "VDI.snapshot", [vdi, XapiValue.Map(driverParams)], taskNotes, cancellationToken);

    /// <summary>Destroys the VDI.</summary>
    public static Task DestroyAsync(this XapiSession session, OpaqueRef vdi, CancellationToken cancellationToken) =>
        session.CallAsync("VDI.destroy", [vdi], cancellationToken);

    /// <summary>Adds a tag; no error when it is there.</summary>
    public static Task AddTagAsync(
        this XapiSession session, OpaqueRef vdi, string tag, CancellationToken cancellationToken) =>
        session.CallAsync("VDI.add_tags", [vdi, tag], cancellationToken);

    /// <summary>Adds a key to other_config; an error when it is there.</summary>
    public static Task AddToOtherConfigAsync(
        this XapiSession session, OpaqueRef vdi, string key, string value, CancellationToken cancellationToken) =>
        session.CallAsync("VDI.add_to_other_config", [vdi, key, value], cancellationToken);

    /// <summary>Removes a key of other_config; no error when it is not there.</summary>
    public static Task RemoveFromOtherConfigAsync(
        this XapiSession session, OpaqueRef vdi, string key, CancellationToken cancellationToken) =>
        session.CallAsync("VDI.remove_from_other_config", [vdi, key], cancellationToken);

    /// <summary>Renames the VDI.</summary>
    public static Task SetNameLabelAsync(
        this XapiSession session, OpaqueRef vdi, string name, CancellationToken cancellationToken) =>
        session.CallAsync("VDI.set_name_label", [vdi, name], cancellationToken);

    /// <summary>The VDI's record as it is now.</summary>
    public static async Task<VdiRecord> GetRecordAsync(
        this XapiSession session, OpaqueRef vdi, CancellationToken cancellationToken) =>
        RecordReaders.Vdi(
            vdi, await session.CallForRecordAsync("VDI.get_record", vdi, cancellationToken).ConfigureAwait(false));

    private static VdiNbdServerInfo NbdInfo(JsonElement element)
    {
        RecordFields fields = new(element);
        return new VdiNbdServerInfo
        {
            ExportName = fields.Text("exportname"),
            Address = fields.Text("address"),
            Port = CallResult.Port(fields.Number("port")),
            CertificatePem = fields.Text("cert"),
            Subject = fields.Text("subject"),
        };
    }
}
