using System.Text;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Sources;
using VdiFs.Options;

namespace VdiFs.Commands;

/// <summary>
/// Where a password comes from: a file, the environment, a systemd credential, or whoever sits at the terminal. Never
/// the command line, which every user of the machine can read.
/// </summary>
internal static class PasswordSource
{
    /// <summary>The variable that may hold it.</summary>
    public const string Variable = "VDIFS_PASSWORD";

    /// <summary>The name of the systemd credential (LoadCredential=, SetCredentialEncrypted=).</summary>
    public const string CredentialName = "vdifs.password";

    private const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    // XAPI's own limit is far below; a file that was named by mistake is not read whole.
    private const int MaximumBytes = 4096;

    private const UnixFileMode ReadableByOthers = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Adds the password that a source needs; nothing where it needs none.</summary>
    /// <param name="pool">How the pool is read.</param>
    /// <param name="source">The source.</param>
    /// <param name="file">What --password-file names; null when it was not given.</param>
    public static PoolOptions Complete(PoolOptions pool, string source, string? file) =>
        DiskSources.UserOf(source) is { } user ? pool with { Password = new PoolPassword(Read(file, user)) } : pool;

    /// <summary>Finds the password.</summary>
    /// <param name="file">What --password-file names; null when it was not given.</param>
    /// <param name="user">Whose it is, for the prompt.</param>
    /// <exception cref="UsageException">There is none anywhere, or it is empty.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a directory.</exception>
    public static string Read(string? file, string user) => Read(file, user, PasswordPlaces.OfThisProcess);

    /// <summary>Finds the password in these places.</summary>
    public static string Read(string? file, string user, PasswordPlaces places)
    {
        if (places.HandOver() is { } handOver)
        {
            // The parent has found it and hands it over where nobody else can look.
            return handOver() ?? throw Missing();
        }

        if (file is not null)
        {
            string found = FromFile(file);
            WarnOfReaders(file, places);
            return found;
        }

        if (places.Variable(Variable) is { Length: > 0 } password)
        {
            return password;
        }

        if (places.Variable(CredentialsVariable) is { Length: > 0 } directory
            && Path.Combine(directory, CredentialName) is var credential
            && File.Exists(credential))
        {
            return FromFile(credential);
        }

        return places.Keyboard() is { } readKey ? Ask(user, readKey, places.Tell) : throw Missing();
    }

    private static string FromFile(string file)
    {
        using FileStream stream = File.OpenRead(file);
        byte[] bytes = new byte[MaximumBytes + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaximumBytes)
        {
            throw new UsageException($"{file} has more than {MaximumBytes} bytes: it is no password file");
        }

        // Editors end a file with a newline that is no part of the password.
        string password = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\r', '\n');
        return password.Length > 0 && !password.Contains('\n', StringComparison.Ordinal)
            ? password
            : throw new UsageException($"{file} holds no password: expected one line");
    }

    // No more than a word: secrets that a container is given are often readable to all in it.
    private static void WarnOfReaders(string file, PasswordPlaces places)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ReadableByOthers) != 0)
        {
            places.Tell($"vdifs: other users may read {file}: chmod 600 it\n");
        }
    }

    private static string Ask(string user, Func<ConsoleKeyInfo> readKey, Action<string> tell)
    {
        tell($"Password of {user}: ");
        var password = new StringBuilder();
        while (readKey() is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                password.Length = Math.Max(0, password.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar) && password.Length < MaximumBytes)
            {
                password.Append(key.KeyChar);
            }
        }

        tell("\n");
        return password.Length > 0 ? password.ToString() : throw Missing();
    }

    private static UsageException Missing() => new(
        $"no password: give --password-file FILE, {Variable}, a systemd credential {CredentialName}, or a terminal to "
        + "ask at");
}
