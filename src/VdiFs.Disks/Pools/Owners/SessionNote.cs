namespace VdiFs.Disks.Pools.Owners;

/// <summary>
/// What a mount writes down about its session, so that the next start can log out what a crash left: three lines, pool,
/// owner and session. A class without text: the session is a secret.
/// </summary>
internal sealed class SessionNote
{
    private const string PoolWord = "pool ";
    private const string OwnerWord = "owner ";
    private const string SessionWord = "session ";
    private const int Lines = 3;

    /// <summary>The uuid of the pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The process that has the session.</summary>
    public required PoolOwner Owner { get; init; }

    /// <summary>The session: a secret.</summary>
    public required PoolSecret Session { get; init; }

    /// <summary>Reads what <see cref="Write"/> writes; null for anything else.</summary>
    public static SessionNote? TryRead(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == Lines
            && lines[0].StartsWith(PoolWord, StringComparison.Ordinal)
            && lines[1].StartsWith(OwnerWord, StringComparison.Ordinal)
            && lines[2].StartsWith(SessionWord, StringComparison.Ordinal)
            && PoolOwner.TryParse(lines[1][OwnerWord.Length..]) is { } owner
            ? new SessionNote
            {
                Pool = lines[0][PoolWord.Length..],
                Owner = owner,
                Session = new PoolSecret(lines[2][SessionWord.Length..]),
            }
            : null;
    }

    /// <summary>The note as text: a secret.</summary>
    public string Write() => $"{PoolWord}{Pool}\n{OwnerWord}{Owner}\n{SessionWord}{Session.Value}\n";
}
