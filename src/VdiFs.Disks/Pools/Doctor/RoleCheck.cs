using VdiFs.Xapi;
using VdiFs.Xapi.Calls;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether the user may do what reading disks needs.</summary>
internal static class RoleCheck
{
    private const string Subject = "role";

    // Of the calls that mounting makes, the one that needs the highest role (vm-admin).
    private const string Needed = "vdi.get_nbd_info";

    public static async Task<Finding> RunAsync(XapiSession session, CancellationToken cancellationToken)
    {
        string user = session.Coordinator.User;
        try
        {
            if (await session.GetIsLocalSuperuserAsync(cancellationToken).ConfigureAwait(false))
            {
                return Finding.Ok(Subject, $"{user} is the local superuser and may do everything");
            }

            IReadOnlyList<string> permissions =
                await session.GetRbacPermissionsAsync(cancellationToken).ConfigureAwait(false);
            return permissions.Contains(Needed, StringComparer.OrdinalIgnoreCase)
                ? Finding.Ok(Subject, $"{user} may read disks over NBD")
                : Finding.Problem(
                    Subject,
                    $"{user} may not read disks over NBD",
                    $"xe subject-role-add uuid=<subject uuid of {user}, see xe subject-list> role-name=vm-admin");
        }
        catch (XapiException exception)
        {
            return Finding.Warning(
                Subject,
                $"the pool does not tell what {user} may do: {exception.Message}",
                "use a user with the role vm-admin");
        }
    }
}
