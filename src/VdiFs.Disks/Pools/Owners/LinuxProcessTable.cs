using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VdiFs.Disks.Pools.Owners;

/// <summary>The processes in /proc (proc(5)).</summary>
internal sealed class LinuxProcessTable : IProcessTable
{
    private const string MachineIdFile = "/etc/machine-id";
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private const string PidNamespaceLink = "/proc/self/ns/pid";

    // States of a process that has ended and that nobody has waited for yet: in a container perhaps nobody ever will.
    private const string Zombie = "Z";
    private const string Dead = "X";

    // The fields after the command: state is the third of all, starttime the 22nd.
    private const int StartTimeAfterCommand = 22 - 3;

    private LinuxProcessTable()
    {
        Self = new PoolOwner(
            FirstLine(MachineIdFile) is { Length: > 0 } id
                ? MachineName($"{id} {Environment.MachineName}")
                : PoolOwner.Unknown,
            FirstLine(BootIdFile) is { Length: > 0 } boot ? boot : PoolOwner.Unknown,
            PidNamespace(),
            Environment.ProcessId,
            StartTicksOf(Environment.ProcessId) ?? 0);
    }

    /// <summary>The table of this machine.</summary>
    public static LinuxProcessTable Instance { get; } = new();

    public PoolOwner Self { get; }

    public long? StartTicksOf(int pid)
    {
        string? stat = FirstLine(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        if (stat is null)
        {
            return null;
        }

        // "pid (command) state ...": the command may hold anything, brackets too.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTimeAfterCommand
            && fields[0] is not (Zombie or Dead)
            && long.TryParse(
                fields[StartTimeAfterCommand], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            ? ticks
            : null;
    }

    // machine-id(5): the id itself is not to be shown to others; a hash of it serves as well. The host name is in it
    // for clones of one image, which share the id: one of them must not take another's for its own of an earlier boot.
    private static string MachineName(string seed)
    {
        const int shown = 32;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("vdifs " + seed)))[..shown];
    }

    private static string PidNamespace()
    {
        try
        {
            return File.ResolveLinkTarget(PidNamespaceLink, returnFinalTarget: false)?.Name ?? PoolOwner.Unknown;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return PoolOwner.Unknown;
        }
    }

    private static string? FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
