using System.ComponentModel;
using System.Diagnostics;

namespace VdiFs.Disks.Local;

/// <summary>A private qemu-nbd that serves one local image on a unix socket of its own.</summary>
/// <remarks>It is started without --persistent: it ends by itself when its last client leaves, so it also ends with
/// a daemon that was killed. The socket's directory is removed as soon as the client is connected.</remarks>
internal sealed class QemuNbdServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly string _imagePath;
    private readonly string _driver;
    private readonly DirectoryInfo _directory;
    private readonly Task<string> _errors;

    private QemuNbdServer(
        Process process, string imagePath, string driver, DirectoryInfo directory, string socketPath)
    {
        _process = process;
        _imagePath = imagePath;
        _driver = driver;
        _directory = directory;
        SocketPath = socketPath;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Where clients find it, as an NBD URI.</summary>
    public string Uri => $"nbd+unix:///?socket={System.Uri.EscapeDataString(SocketPath)}";

    private string SocketPath { get; }

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="imagePath">The image's full path.</param>
    /// <param name="driver">qemu's name for its format.</param>
    /// <param name="cancellationToken">Stops waiting, and the server.</param>
    public static async Task<QemuNbdServer> StartAsync(
        string imagePath, string driver, CancellationToken cancellationToken)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("vdifs-");
        string socketPath = Path.Combine(directory.FullName, "nbd.sock");
        QemuNbdServer? server = null;
        try
        {
            Process process = StartProcess(imagePath, driver, socketPath);
            server = new QemuNbdServer(process, imagePath, driver, directory, socketPath);
            await server.WaitUntilListeningAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            if (server is not null)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                directory.Delete(recursive: true);
            }

            throw;
        }
    }

    /// <summary>Why the server ended, if it did or is about to; null while it lives.</summary>
    public async Task<DiskException?> FindFailureAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StopTimeout);
        try
        {
            await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            return await FailureAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Removes the socket: once the client is connected nobody else may find the server.</summary>
    public void HideSocket()
    {
        if (Directory.Exists(_directory.FullName))
        {
            _directory.Delete(recursive: true);
        }
    }

    /// <summary>Ends the server, by force if it does not leave with its last client.</summary>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopTimeout);
        try
        {
            if (!_process.HasExited)
            {
                // SIGTERM has no .NET call; a read-only server has nothing to save.
                _process.Kill();
            }

            await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Killed and still there: only the kernel can hold it, and it ends with its descriptor.
        }

        _process.Dispose();
        HideSocket();
    }

    private static Process StartProcess(string imagePath, string driver, string socketPath)
    {
        // By its whole path: .NET would take a file of that name in the current directory, whoever put it there.
        string program = FindProgram() ?? throw MissingTool(driver, inner: null);
        var start = new ProcessStartInfo(program)
        {
            // None of the daemon's own streams: its readers would wait for this server as well.
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        string[] arguments =
        [
            "--read-only", "--shared=1", $"--socket={socketPath}", "--export-name=",
            "--image-opts", ImageOptions(imagePath, driver),
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw MissingTool(driver, exception);
        }
    }

    private static DiskException MissingTool(string driver, Exception? inner) => new(
        DiskErrorKind.MissingTool,
        $"cannot start qemu-nbd, which reads {driver} images: install it (Debian: apt install qemu-utils)",
        inner);

    /// <summary>Where qemu-nbd is, by the absolute directories of PATH alone; null when there is none.</summary>
    internal static string? FindProgram() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")
            .Split(':')
            .Where(directory => directory.StartsWith('/'))
            .Select(directory => Path.Combine(directory, "qemu-nbd"))
            .FirstOrDefault(File.Exists);

    // qemu takes a VHD's length from its disk geometry unless it knows the creator, which cuts the end off.
    private static string ImageOptions(string imagePath, string driver) =>
        $"driver={driver},file.driver=file,file.filename={Escape(imagePath)}"
        + (driver == ImageDriver.Vhd ? ",force_size_calc=current_size" : "");

    // In qemu's option lists a comma separates options; a doubled one is meant.
    private static string Escape(string path) => path.Replace(",", ",,", StringComparison.Ordinal);

    private async Task WaitUntilListeningAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        try
        {
            while (!File.Exists(SocketPath))
            {
                if (_process.HasExited)
                {
                    throw await FailureAsync(timeout.Token).ConfigureAwait(false);
                }

                await Task.Delay(PollInterval, timeout.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable,
                $"qemu-nbd did not open {_imagePath} within {StartTimeout.TotalSeconds} s: "
                + "check that its storage answers and that qemu-nbd runs by hand");
        }
    }

    private async Task<DiskException> FailureAsync(CancellationToken cancellationToken)
    {
        string errors = await _errors.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new DiskException(
            DiskErrorKind.ReadFailed, $"qemu-nbd cannot read {_imagePath} as {_driver}: {LastLine(errors)}");
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? "it gave no reason";
}
