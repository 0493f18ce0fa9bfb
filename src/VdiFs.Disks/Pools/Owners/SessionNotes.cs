using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace VdiFs.Disks.Pools.Owners;

/// <summary>
/// The notes about sessions of this user's mounts, a file each that only the user can read. Without a directory nothing
/// is noted: what a crash leaves then ends in the pool by itself, a day later. Never throws.
/// </summary>
internal sealed class SessionNotes(string? directory, PoolOwner self, TimeProvider time, ILogger logger)
{
    private const string Extension = ".session";

    // One is about 200 bytes.
    private const long MaximumBytes = 4096;

    /// <summary>A session that nobody used for a day is gone (xapi: db_gc_util.ml); an hour for clocks that
    /// differ.</summary>
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(25);

    private string OwnName =>
        string.Create(CultureInfo.InvariantCulture, $"{self.Pid}-{self.StartTicks}{Extension}");

    /// <summary>Notes this process's session, in place of the one before.</summary>
    public void Write(string pool, PoolSecret session)
    {
        if (directory is null)
        {
            return;
        }

        string note = new SessionNote { Pool = pool, Owner = self, Session = session }.Write();
        Try(() =>
        {
            PrivateFiles.CreateDirectory(directory);
            PrivateFiles.Write(Path.Combine(directory, OwnName), Encoding.UTF8.GetBytes(note));
        });
    }

    /// <summary>Removes this process's note: its session is logged out.</summary>
    public void Remove()
    {
        if (directory is not null)
        {
            Try(() => File.Delete(Path.Combine(directory, OwnName)));
        }
    }

    /// <summary>
    /// The sessions of a pool whose mounts are dead. Their notes stay until <see cref="Forget"/>: a logout may fail.
    /// </summary>
    public IReadOnlyList<DeadSession> FindDead(string pool, OwnerJudge judge)
    {
        List<DeadSession> dead = [];
        if (directory is not null && Directory.Exists(directory))
        {
            Try(() =>
            {
                foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles("*" + Extension))
                {
                    Try(() => Judge(file, pool, judge, dead));
                }
            });
        }

        return dead;
    }

    /// <summary>Removes the note of a session that the pool has no more.</summary>
    public void Forget(DeadSession dead) => Try(() => File.Delete(dead.Note));

    private void Judge(FileInfo file, string pool, OwnerJudge judge, List<DeadSession> dead)
    {
        SessionNote? note =
            file.Length <= MaximumBytes ? SessionNote.TryRead(File.ReadAllText(file.FullName)) : null;
        if (note is not null && !judge.IsDead(note.Owner))
        {
            return;
        }

        if (note?.Pool == pool)
        {
            dead.Add(new DeadSession(note.Session, file.FullName));
        }
        else if (time.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc > SessionLife)
        {
            file.Delete();
        }
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.SessionNoteFailed(logger, directory!, exception.Message);
        }
    }
}
