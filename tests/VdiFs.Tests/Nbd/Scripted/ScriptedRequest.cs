namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>A request as a server sees it.</summary>
internal readonly record struct ScriptedRequest(int Command, ulong Cookie, ulong Offset, uint Length)
{
    /// <summary>The right bytes for it.</summary>
    public byte[] Disk => Wire.Disk((long)Offset, (int)Length);
}
