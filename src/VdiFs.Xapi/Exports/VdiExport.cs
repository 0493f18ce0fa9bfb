namespace VdiFs.Xapi.Exports;

/// <summary>stub</summary>
public static class VdiExport
{
    /// <summary>stub</summary>
    public static Task<ExportedAllocation> ReadAllocationAsync(
        XapiSession session, ExportRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
