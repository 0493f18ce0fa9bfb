namespace VdiFs.Xapi.Http;

/// <summary>
/// Remembers which certificate each host showed first: lines of "host:port SHA-256". Several processes may use it; the
/// first line of a host counts.
/// </summary>
/// <param name="path">Created when the first host is remembered, for the owner alone.</param>
internal sealed class PinFile(string path)
{
    /// <summary>A longer file is none of ours: a pin takes about 90 bytes.</summary>
    private const long LongestBytes = 1024 * 1024;

    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    private readonly Lock _gate = new();

    /// <summary>The file, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>The certificate to expect; null for a host that was never seen.</summary>
    /// <exception cref="XapiException">TlsSetup: the file cannot be read.</exception>
    public string? Find(HostPort place) => Guarded(() => FindUnguarded(place));

    /// <summary>
    /// Remembers a host's first certificate; returns the one that counts, which is another's when that was faster.
    /// </summary>
    /// <exception cref="XapiException">TlsSetup: the file cannot be written.</exception>
    public string Add(HostPort place, string fingerprint) => Guarded(() =>
    {
        Append($"{place} {fingerprint}\n");
        return FindUnguarded(place) ?? fingerprint;
    });

    private string? FindUnguarded(HostPort place)
    {
        if (!File.Exists(Path))
        {
            return null;
        }

        if (new FileInfo(Path).Length > LongestBytes)
        {
            throw new IOException($"it is longer than {LongestBytes} bytes");
        }

        string prefix = $"{place} ";
        string? line = File.ReadLines(Path).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal));
        return line is null
            ? null
            : Fingerprints.Parse(line[prefix.Length..]) ?? throw new IOException($"the line of {place} is damaged");
    }

    private void Append(string line)
    {
        string? folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path));
        if (folder is not null && !Directory.Exists(folder))
        {
            MakeFolder(folder);
        }

        FileStreamOptions options = new()
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersFile;
        }

        // One write, so that lines of two processes do not mix.
        using FileStream file = new(Path, options);
        file.Write(System.Text.Encoding.ASCII.GetBytes(line));
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnersFolder);
        }
    }

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            lock (_gate)
            {
                return action();
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new XapiException(
                XapiErrorKind.TlsSetup,
                $"{Path}, which remembers the hosts' certificates, is not usable: {cause.Message}",
                cause);
        }
    }
}
