namespace VdiFs.EndToEnd.Harness;

/// <summary>The directory of one run: a folder per test, and a copy of the executable that plain users may
/// run.</summary>
public sealed class RunRoot : IDisposable
{
    private static readonly Lock Gate = new();
    private static string? _directory;
    private static int _benches;

    /// <summary>Removes the directory, unless something is still mounted below it.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_directory is not null && MountTable.AtOrBelow(_directory).Count == 0)
            {
                Directory.Delete(_directory, recursive: true);
                _directory = null;
            }
        }
    }

    internal static string NewBench()
    {
        lock (Gate)
        {
            _directory ??= Create();
            string bench = Path.Combine(_directory, $"{++_benches}");
            Directory.CreateDirectory(bench);
            return bench;
        }
    }

    /// <summary>The executable under test.</summary>
    internal static string Vdifs
    {
        get
        {
            lock (Gate)
            {
                _directory ??= Create();
                return Path.Combine(_directory, "bin", "vdifs");
            }
        }
    }

    private static string Create()
    {
        string directory = Directory.CreateTempSubdirectory("e2e-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        string binary = Path.GetFullPath(Environment.GetEnvironmentVariable("VDIFS") ?? DefaultBinary());
        Assert.True(File.Exists(binary), $"{binary} is missing; scripts/publish.sh builds it, VDIFS names another one");
        Directory.CreateDirectory(Path.Combine(directory, "bin"));
        foreach (string part in PartsOf(binary))
        {
            File.Copy(part, Path.Combine(directory, "bin", Path.GetFileName(part)));
        }

        return directory;
    }

    // The shipped executable is one file; one that a plain build made needs the assemblies beside it.
    private static IEnumerable<string> PartsOf(string binary) =>
        File.Exists(binary + ".dll") ? Directory.EnumerateFiles(Path.GetDirectoryName(binary)!) : [binary];

    private static string DefaultBinary()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VdiFs.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? ".", "artifacts", "publish", "vdifs");
    }
}
