using System.Collections.Frozen;

namespace VdiFs.Xapi;

/// <summary>Error codes of XAPI that this product decides by (ocaml/xapi-consts/api_errors.ml).</summary>
public static class XapiCodes
{
    /// <summary>The session is unknown: expired, logged out, or XAPI was restarted.</summary>
    public const string SessionInvalid = "SESSION_INVALID";

    /// <summary>Wrong user or password.</summary>
    public const string SessionAuthenticationFailed = "SESSION_AUTHENTICATION_FAILED";

    /// <summary>The user may not log in.</summary>
    public const string SessionAuthorizationFailed = "SESSION_AUTHORIZATION_FAILED";

    /// <summary>The host is a member; the first parameter is the coordinator's address.</summary>
    public const string HostIsSlave = "HOST_IS_SLAVE";

    /// <summary>The host has not finished to start.</summary>
    public const string HostStillBooting = "HOST_STILL_BOOTING";

    /// <summary>The object is gone; parameters: class, reference.</summary>
    public const string HandleInvalid = "HANDLE_INVALID";

    /// <summary>The session's role does not allow it.</summary>
    public const string RbacPermissionDenied = "RBAC_PERMISSION_DENIED";

    /// <summary>Somebody uses the VDI; parameters: reference, operation.</summary>
    public const string VdiInUse = "VDI_IN_USE";

    /// <summary>Another operation on the object runs.</summary>
    public const string OtherOperationInProgress = "OTHER_OPERATION_IN_PROGRESS";

    /// <summary>XAPI has too much to do.</summary>
    public const string TooManyPendingTasks = "TOO_MANY_PENDING_TASKS";

    /// <summary>The host does not answer the coordinator.</summary>
    public const string HostOffline = "HOST_OFFLINE";

    /// <summary>The host cannot be reached by the coordinator.</summary>
    public const string CannotContactHost = "CANNOT_CONTACT_HOST";

    /// <summary>This XAPI does not know the method; it is older.</summary>
    public const string MessageMethodUnknown = "MESSAGE_METHOD_UNKNOWN";

    private static readonly FrozenSet<string> Passing = FrozenSet.ToFrozenSet(
    [
        SessionInvalid, HostIsSlave, HostStillBooting, VdiInUse, OtherOperationInProgress, TooManyPendingTasks,
        HostOffline, CannotContactHost, "HOST_HAS_NO_MANAGEMENT_IP", "HOST_UNKNOWN_TO_MASTER", "VDI_IO_ERROR",
        "EVENTS_LOST", "NOT_SUPPORTED_DURING_UPGRADE",
    ]);

    /// <summary>Whether the reason for this code passes by itself.</summary>
    internal static bool IsTransient(string code) => Passing.Contains(code);

    /// <summary>Whether the pool knows the user and says no: asking elsewhere or again is wrong.</summary>
    internal static bool IsLoginRefusal(string code) =>
        code is SessionAuthenticationFailed or SessionAuthorizationFailed or RbacPermissionDenied;
}
