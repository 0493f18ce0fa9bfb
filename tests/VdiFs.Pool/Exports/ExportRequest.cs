using VdiFs.Pool.Http;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Exports;

/// <summary>What a GET of /export_raw_vdi asks for.</summary>
internal sealed class ExportRequest
{
    private ExportRequest(VdiObject vdi, VdiObject? baseVdi, ExportFormat? format, string sessionRef)
    {
        Vdi = vdi;
        BaseVdi = baseVdi;
        Format = format;
        SessionRef = sessionRef;
    }

    internal VdiObject Vdi { get; }

    internal VdiObject? BaseVdi { get; }

    /// <summary>Null for one that XAPI does not know.</summary>
    internal ExportFormat? Format { get; }

    /// <summary>A secret.</summary>
    internal string SessionRef { get; }

    /// <exception cref="XapiFailureException">UUID_INVALID.</exception>
    internal static ExportRequest Read(PoolState pool, HttpRequest request)
    {
        IReadOnlyDictionary<string, string> parameters = request.Parameters;
        return new ExportRequest(
            FindVdi(pool, parameters.GetValueOrDefault("vdi", "")),
            parameters.TryGetValue("base", out string? other) ? FindVdi(pool, other) : null,
            parameters.GetValueOrDefault("format", "raw") switch
            {
                "raw" => ExportFormat.Raw,
                "vhd" => ExportFormat.Vhd,
                "qcow2" => ExportFormat.Qcow2,
                _ => null,
            },
            parameters["session_id"]);
    }

    private static VdiObject FindVdi(PoolState pool, string name) =>
        pool.Find<VdiObject>(name) ?? pool.GetByUuid<VdiObject>(name);
}
