using System.Diagnostics;
using VdiFs.Fuse.Device;

namespace VdiFs.Commands;

/// <summary>Runs a mount in the background: .NET cannot fork, so the program starts itself again and waits until the
/// child says that the tree can be read, or ends with its error.</summary>
internal static class BackgroundProcess
{
    private const string ChildVariable = "VDIFS_BACKGROUND_CHILD";
    private const string ReadyLine = "ready";
    private static readonly TimeSpan LastLines = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether this process is such a child.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(ChildVariable) is not null;

    /// <summary>Starts this command line once more; returns when the child is ready or has ended.</summary>
    /// <param name="password">What the child needs and nobody may see: it goes through a pipe. Null: nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<int> StartAsync(string? password, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            // The child's own, even when the caller's is closed: a file opened in its place would be taken for it, and
            // be lost when the daemon lets go of its streams.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // Forwarded until the child is ready, so that it never holds the caller's own.
            RedirectStandardError = true,
        };
        foreach (string argument in OwnArguments())
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ChildVariable] = "1";
        // A daemon's environment can be read as long as it lives.
        start.Environment.Remove(PasswordSource.Variable);
        using Process child = Process.Start(start)!;
        await HandOverAsync(child.StandardInput, password, cancellationToken);
        Task<int> errors = ForwardErrorsAsync(child.StandardError, cancellationToken);
        string? line = await child.StandardOutput.ReadLineAsync(cancellationToken);
        if (line == ReadyLine)
        {
            // The child has let go of its streams, so its last lines have arrived; only a runtime that is no native
            // executable keeps a duplicate open.
            await Task.WhenAny(errors, Task.Delay(LastLines, cancellationToken));
            return ExitCode.Ok;
        }

        await child.WaitForExitAsync(cancellationToken);
        if (await errors == 0)
        {
            await Console.Error.WriteLineAsync(
                $"vdifs: the background process ended before it was ready, with exit code {child.ExitCode}");
        }

        return child.ExitCode == ExitCode.Usage ? ExitCode.Usage : ExitCode.Failed;
    }

    /// <summary>In a child: makes its standard streams ones it can let go of. Elsewhere: nothing.</summary>
    public static void Prepare()
    {
        if (IsChild)
        {
            StandardStreams.UseDescriptors();
        }
    }

    /// <summary>In a child: tells the parent, and lets go of its terminal. Elsewhere: nothing.</summary>
    /// <param name="logFile">Where standard error goes from now on; null: nowhere.</param>
    /// <returns>False if the parent is gone: whoever asked for the mount was told that it failed.</returns>
    public static bool TryReportReady(string? logFile)
    {
        if (!IsChild)
        {
            return true;
        }

        try
        {
            Console.Out.WriteLine(ReadyLine);
        }
        catch (IOException)
        {
            return false;
        }

        DaemonProcess.Detach(logFile);
        return true;
    }

    private static async Task HandOverAsync(
        StreamWriter input, string? password, CancellationToken cancellationToken)
    {
        try
        {
            if (password is not null)
            {
                await input.WriteLineAsync(password.AsMemory(), cancellationToken);
            }

            input.Close();
        }
        catch (IOException)
        {
            // The child has ended already: its own last words say why.
        }
    }

    /// <summary>Hands on the child's lines until it closes its stream; returns how many there were.</summary>
    private static async Task<int> ForwardErrorsAsync(StreamReader errors, CancellationToken cancellationToken)
    {
        int lines = 0;
        while (await errors.ReadLineAsync(cancellationToken) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            lines++;
        }

        return lines;
    }

    // Under the `dotnet` host the first argument is the assembly, which the host needs again.
    private static IEnumerable<string> OwnArguments()
    {
        string[] arguments = Environment.GetCommandLineArgs();
        return Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? arguments : arguments.Skip(1);
    }
}
