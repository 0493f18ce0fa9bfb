namespace VdiFs.Formats.Vhd;

/// <summary>A VHD in any shape, as its children know it.</summary>
internal interface IVhdImage
{
    /// <summary>The uuid in the footer.</summary>
    Guid UniqueId { get; }

    /// <summary>The time stamp in the footer.</summary>
    uint Timestamp { get; }
}
