using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Calls;

/// <summary>Calls of class VBD. Each throws <see cref="XapiException"/>.</summary>
public static class VbdCalls
{
    /// <summary>Detaches the VBD from its running VM or control domain.</summary>
    public static Task UnplugAsync(this XapiSession session, OpaqueRef vbd, CancellationToken cancellationToken) =>
        session.CallAsync("VBD.unplug", [vbd], cancellationToken);

    /// <summary>Destroys the VBD, which must be detached.</summary>
    public static Task DestroyAsync(this XapiSession session, OpaqueRef vbd, CancellationToken cancellationToken) =>
        session.CallAsync("VBD.destroy", [vbd], cancellationToken);
}
