namespace VdiFs.Disks.Pools.Doctor;

/// <summary>How a finding is to be taken.</summary>
public enum FindingLevel
{
    /// <summary>All is well.</summary>
    Ok,

    /// <summary>Works, but somebody should know.</summary>
    Warning,

    /// <summary>Disks cannot be read, or something was left behind.</summary>
    Problem,
}
