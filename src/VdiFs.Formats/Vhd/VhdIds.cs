namespace VdiFs.Formats.Vhd;

/// <summary>The uuids of VHDs.</summary>
internal static class VhdIds
{
    /// <summary>The uuid in the footer, of a full image as of a delta: children know their parent by it.</summary>
    internal static Guid Of(DiskIdentity identity, string formatName) =>
        // Chains of VHDs refer to the disk's own uuid, so the usual one bears it and the others must not.
        formatName == VhdDynamicFormat.AlignedName
            ? identity.Uuid
            : DerivedId.Uuid(identity, formatName, "image");
}
