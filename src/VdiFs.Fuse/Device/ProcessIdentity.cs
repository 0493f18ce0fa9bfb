namespace VdiFs.Fuse.Device;

/// <summary>Who this process acts as.</summary>
public static class ProcessIdentity
{
    /// <summary>The effective user id.</summary>
    public static uint UserId => LibC.EffectiveUser();

    /// <summary>The effective group id.</summary>
    public static uint GroupId => LibC.EffectiveGroup();
}
