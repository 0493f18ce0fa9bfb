namespace VdiFs.Formats.Vhd;

/// <summary>What the dynamic header of a differencing VHD says about its parent.</summary>
/// <param name="UniqueId">The uuid in the parent's footer.</param>
/// <param name="Timestamp">The parent's time of modification, in seconds since 2000-01-01 00:00 UTC.</param>
/// <param name="Name">The parent's file name.</param>
internal readonly record struct VhdParentReference(Guid UniqueId, uint Timestamp, string Name);
