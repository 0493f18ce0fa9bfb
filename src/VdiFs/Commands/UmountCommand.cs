using System.CommandLine;
using System.Text.Json;
using VdiFs.Diagnostics;
using VdiFs.Fuse;
using VdiFs.Options;
using VdiFs.Tree;

namespace VdiFs.Commands;

/// <summary>`vdifs umount MOUNTPOINT`: unmounts, and waits until the daemon has left nothing behind.</summary>
internal static class UmountCommand
{
    // A living daemon answers at once; a hung one must not hang this command.
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    public static Command Create()
    {
        Argument<string> mountPoint = OptionFactory.Path("MOUNTPOINT", "Where a source is mounted");
        var lazy = new Option<bool>("--lazy", "-z")
        {
            Description = "Detach a busy mount now; its readers get errors from then on",
        };
        var command = new Command("umount", "Unmount; a busy mount says who holds it");
        command.Arguments.Add(mountPoint);
        command.Options.Add(lazy);
        command.SetAction((result, cancellationToken) => RunAsync(
            Path.GetFullPath(result.GetRequiredValue(mountPoint)), result.GetValue(lazy), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string mountPoint, bool lazy, CancellationToken cancellationToken)
    {
        int? daemon = await FindDaemonAsync(mountPoint);
        MountPoint.Unmount(mountPoint, lazy);
        if (daemon is { } pid && !lazy)
        {
            await WaitForExitAsync(pid, cancellationToken);
        }

        return ExitCode.Ok;
    }

    private static async Task<int?> FindDaemonAsync(string mountPoint)
    {
        string path = Path.Combine(mountPoint, MountTree.OwnDirectory, StatusNode.FileName);
        try
        {
            byte[] json = await Task.Run(() => File.ReadAllBytes(path)).WaitAsync(StatusTimeout);
            return JsonSerializer.Deserialize(json, DocumentJson.Readable.StatusDocument)?.Pid;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException
            or JsonException)
        {
            // A dead mount has no status; it is unmounted all the same.
            return null;
        }
    }

    // A process that has ended stays as a zombie until its parent, init, looks after it: that may take seconds.
    private static bool IsRunning(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return !stat[(stat.LastIndexOf(')') + 1)..].StartsWith(" Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task WaitForExitAsync(int pid, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ExitTimeout);
        try
        {
            while (IsRunning(pid))
            {
                await Task.Delay(PollInterval, timeout.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Unmounted; the daemon takes longer than it should, and nothing here depends on it.
        }
    }
}
