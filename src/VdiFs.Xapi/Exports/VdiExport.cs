namespace VdiFs.Xapi.Exports;

/// <summary>
/// Learns what a VDI has allocated from the head of its export, and stops there. This attaches the VDI to a control
/// domain for a moment: XAPI detaches it some time after this returns.
/// </summary>
public static class VdiExport
{
    /// <summary>Reads a VDI's allocation.</summary>
    /// <exception cref="XapiException">
    /// Any kind. Of BadExport and Http, <see cref="XapiException.Code"/> is the server's own reason, where it gives
    /// one.
    /// </exception>
    public static async Task<ExportedAllocation> ReadAllocationAsync(
        XapiSession session, ExportRequest request, CancellationToken cancellationToken)
    {
        ExportTask task = await ExportTask.CreateAsync(session, request.Vdi, cancellationToken).ConfigureAwait(false);
        try
        {
            return await ReadInTimeAsync(session, request, task, cancellationToken).ConfigureAwait(false);
        }
        catch (XapiException failure) when (failure.Kind is XapiErrorKind.BadExport or XapiErrorKind.Http)
        {
            throw await task.ExplainAsync(failure, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await task.CloseAsync().ConfigureAwait(false);
        }
    }

    private static async Task<ExportedAllocation> ReadInTimeAsync(
        XapiSession session, ExportRequest request, ExportTask task, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(request.Deadline, session.Options.TimeProvider);
        using CancellationTokenSource ended =
            CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            ExportConversation conversation = new(session, request, task.Ref);
            return await conversation.ReadAsync(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new XapiException(
                XapiErrorKind.Timeout, $"the export gave no table within {request.Deadline.TotalSeconds:0} s");
        }
    }
}
