using System.Text.Json;

namespace VdiFs.Xapi.Calls;

/// <summary>Questions of a session about itself. Each throws <see cref="XapiException"/>.</summary>
public static class SessionCalls
{
    /// <summary>Whether it is root's, who may do everything and has no role.</summary>
    public static async Task<bool> GetIsLocalSuperuserAsync(
        this XapiSession session, CancellationToken cancellationToken)
    {
        JsonElement result = await session
            .CallAboutItselfAsync("session.get_is_local_superuser", cancellationToken)
            .ConfigureAwait(false);
        return result.ValueKind == JsonValueKind.True;
    }

    /// <summary>What its roles permit, as the names of calls in lower case: "vdi.get_nbd_info".</summary>
    public static async Task<IReadOnlyList<string>> GetRbacPermissionsAsync(
        this XapiSession session, CancellationToken cancellationToken)
    {
        const string Method = "session.get_rbac_permissions";
        JsonElement result = await session.CallAboutItselfAsync(Method, cancellationToken).ConfigureAwait(false);
        return CallResult.Texts(result, Method);
    }
}
