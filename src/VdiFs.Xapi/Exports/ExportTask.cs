using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Exports;

/// <summary>
/// The XAPI task of one export. The server writes the reason of a failure there and nowhere else, and it ends the task
/// itself once it notices that nobody reads on.
/// </summary>
/// <param name="session">The pool.</param>
/// <param name="task">Made for this export alone.</param>
internal sealed class ExportTask(XapiSession session, OpaqueRef task)
{
    private const string Pending = "pending";
    private const string Cancelled = "cancelled";

    /// <summary>How often, and after which pauses, the server is asked whether it has ended the task.</summary>
    private const int Questions = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two attempts while the pool has troubles of its own.</summary>
    private static readonly TimeSpan PauseOfTrouble = TimeSpan.FromSeconds(1);

    /// <summary>A limit for all that is done after an export; the caller waits for it.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(30);

    private bool _isRefused;

    /// <summary>The task's reference.</summary>
    public OpaqueRef Ref => task;

    /// <summary>Makes the task, which the caller closes, also when the export is given up meanwhile.</summary>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public static async Task<ExportTask> CreateAsync(
        XapiSession session, OpaqueRef vdi, CancellationToken cancellationToken) => new(
        session,
        await session.CreateAsync("VdiFs: what is allocated", $"Reads the block table of {vdi}", cancellationToken)
            .ConfigureAwait(false));

    /// <summary>
    /// The failure with the server's own reason, where it gives one. An export that was refused by its HTTP status has
    /// not begun, and the server has said in the task what it ever will.
    /// </summary>
    public async Task<XapiException> ExplainAsync(XapiException failure, CancellationToken cancellationToken)
    {
        _isRefused = failure.Kind == XapiErrorKind.Http;
        try
        {
            TaskRecord ended = await EndAsync(cancellationToken).ConfigureAwait(false);
            return ended.ErrorInfo.Count == 0 ? failure : session.WithReason(failure, ended.ErrorInfo);
        }
        catch (XapiException)
        {
            return failure;
        }
    }

    /// <summary>Waits for the end of the task and destroys it; never throws because of the pool.</summary>
    public async Task CloseAsync()
    {
        using CancellationTokenSource late = new(CloseTimeout, session.Options.TimeProvider);
        try
        {
            while (!await TryDestroyAsync(late.Token).ConfigureAwait(false))
            {
                await Task.Delay(PauseOfTrouble, session.Options.TimeProvider, late.Token).ConfigureAwait(false);
            }
        }
        catch (Exception cause) when (cause is XapiException or OperationCanceledException or ObjectDisposedException)
        {
            bool isGone = cause is XapiException { Code: XapiCodes.HandleInvalid };
            if (!isGone)
            {
                XapiLog.ExportTaskLeft(session.Logger, cause.Message);
            }
        }
    }

    /// <summary>False when the pool has a reason that passes.</summary>
    private async Task<bool> TryDestroyAsync(CancellationToken cancellationToken)
    {
        try
        {
            TaskRecord ended = await EndAsync(cancellationToken).ConfigureAwait(false);
            if (ended.Status == Pending)
            {
                // A pending task would only be marked.
                await TaskCalls.SetStatusAsync(session, task, Cancelled, cancellationToken).ConfigureAwait(false);
            }

            await TaskCalls.DestroyAsync(session, task, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (XapiException passing) when (passing.IsTransient)
        {
            return false;
        }
    }

    private async Task<TaskRecord> EndAsync(CancellationToken cancellationToken)
    {
        for (int question = 1; ; question++)
        {
            TaskRecord now = await TaskCalls.GetRecordAsync(session, task, cancellationToken).ConfigureAwait(false);
            if (now.Status != Pending || _isRefused || question == Questions)
            {
                return now;
            }

            await Task.Delay(Pause, session.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
