namespace VdiFs.Xapi.Model;

/// <summary>Of class "SR": a storage repository.</summary>
public sealed record SrRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>What people call it.</summary>
    public string NameLabel { get; init; } = "";

    /// <summary>Its driver: lvm, lvmoiscsi, ext, nfs, iso, udev, ...</summary>
    public string Type { get; init; } = "";

    /// <summary>"iso" for a library of ISO images, else "user" or empty.</summary>
    public string ContentType { get; init; } = "";

    /// <summary>Whether several hosts see it.</summary>
    public bool Shared { get; init; }

    /// <summary>Its size in bytes; -1 when unknown (physical_size).</summary>
    public long PhysicalSizeBytes { get; init; }

    /// <summary>Bytes of it in use (physical_utilisation).</summary>
    public long PhysicalUtilisationBytes { get; init; }

    /// <summary>Its connections to hosts (PBDs).</summary>
    public IReadOnlyList<OpaqueRef> Pbds { get; init; } = [];

    /// <summary>What the driver noted.</summary>
    public IReadOnlyDictionary<string, string> SmConfig { get; init; } = EmptyMap.Instance;
}
