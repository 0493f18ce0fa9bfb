using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>What a server is still to tell of an export that it has listed. Thread-safe.</summary>
/// <param name="export">The export, as listed.</param>
/// <param name="hurry">Told when somebody waits for it.</param>
internal sealed class PendingDescription(NbdListedExport export, Action<PendingDescription> hurry)
{
    private readonly TaskCompletionSource<NbdListedExport?> _told =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The export's name.</summary>
    public string Name => export.Name;

    /// <summary>Whether nothing more will come.</summary>
    public bool IsTold => _told.Task.IsCompleted;

    /// <summary>The export's length in bytes, once it was told; null if it never is.</summary>
    public long? Length => Told?.Length;

    /// <summary>The server's own words about the export.</summary>
    public string? Text => export.Description ?? Told?.Description;

    private NbdListedExport? Told => IsTold ? _told.Task.Result : null;

    /// <summary>Waits until it is told, before those that nobody waits for. Never fails.</summary>
    public Task HurryAsync()
    {
        if (!IsTold)
        {
            hurry(this);
        }

        return _told.Task;
    }

    /// <summary>What the server has told; null when it does not. Only the first call counts.</summary>
    public void Tell(NbdListedExport? description) => _told.TrySetResult(description);
}
