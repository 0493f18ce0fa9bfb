using VdiFs.Pool.Content;
using VdiFs.Pool.Nbd;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Exports;

/// <summary>One export between its header and its end: attach, stream, detach.</summary>
internal sealed class ExportRun(PoolState pool, HostObject host, ExportRequest request)
{
    // xen-api: ocaml/xapi-consts/constants.ml, max_vhd_size.
    private const long LargestVhdBytes = 2040L << 30;

    /// <summary>What a failing disk and a client that hung up are both called.</summary>
    internal static XapiFailureException IoError() => new("VDI_IO_ERROR", "Device I/O errors");

    /// <exception cref="XapiFailureException">The export fails.</exception>
    internal async Task WriteAsync(ExportFormat format, ExportBody body, CancellationToken cancellationToken)
    {
        if (pool.Faults is { ExportError: not null, ExportErrorAt: null })
        {
            throw ExportBody.Failure(pool.Faults);
        }

        if (format == ExportFormat.Vhd && request.Vdi.VirtualSizeBytes > LargestVhdBytes)
        {
            throw new XapiFailureException(
                "VDI_TOO_LARGE", request.Vdi.Ref, $"{LargestVhdBytes}");
        }

        VbdObject vbd = await AttachAsync(request.Vdi, cancellationToken);
        try
        {
            VbdObject? baseVbd =
                request.BaseVdi is { } other ? await AttachAsync(other, cancellationToken) : null;
            try
            {
                await StreamAsync(format, new NbdDevice(pool, vbd), baseVbd, body, cancellationToken);
            }
            finally
            {
                await DetachAsync(baseVbd);
            }
        }
        finally
        {
            await DetachAsync(vbd);
        }
    }

    private Task<VbdObject> AttachAsync(VdiObject vdi, CancellationToken cancellationToken) =>
        pool.AttachToDom0Async(host, vdi.Uuid, request.SessionRef, cancellationToken);

    // Also when the pool stops: nothing may stay behind.
    private async Task DetachAsync(VbdObject? vbd)
    {
        if (vbd is not null)
        {
            await Task.Delay(pool.Faults.DetachDelay, pool.Time, CancellationToken.None);
            pool.DetachFromDom0(vbd);
        }
    }

    private async Task StreamAsync(
        ExportFormat format, NbdDevice device, VbdObject? baseVbd, ExportBody body, CancellationToken cancellationToken)
    {
        try
        {
            IVdiContent? baseContent = baseVbd is null ? null : new NbdDevice(pool, baseVbd).Content;
            Task streaming = format switch
            {
                ExportFormat.Vhd => WriteVhdAsync(device, baseContent, body, cancellationToken),
                ExportFormat.Qcow2 => WriteQcow2Async(device, baseContent, body, cancellationToken),
                _ => new RawStream(device).WriteAsync(body, cancellationToken),
            };
            await streaming;
        }
        catch (IOException)
        {
            throw IoError();
        }
    }

    private async Task WriteVhdAsync(
        NbdDevice device, IVdiContent? baseContent, ExportBody body, CancellationToken cancellationToken)
    {
        if (device.Content.Image == VdiImage.Vhd)
        {
            IReadOnlyList<long> granules = baseContent is null
                ? device.Content.AllocatedGranules()
                : Since(device.Content, baseContent, VdiImage.Vhd);
            await new VhdStream(device, device.Length, granules, request.BaseVdi?.Uuid)
                .WriteAsync(body, cancellationToken);
            return;
        }

        if (baseContent is not null)
        {
            throw NotOfOneKind();
        }

        IReadOnlyList<long> found = await ScanAsync(device, VhdStream.BlockBytes, cancellationToken);
        long rounded = (device.Length + VhdStream.BlockBytes - 1) / VhdStream.BlockBytes * VhdStream.BlockBytes;
        await new VhdStream(device, rounded, found, null).WriteAsync(body, cancellationToken);
    }

    private async Task WriteQcow2Async(
        NbdDevice device, IVdiContent? baseContent, ExportBody body, CancellationToken cancellationToken)
    {
        IReadOnlyList<long> granules = (device.Content.Image, baseContent) switch
        {
            (_, not null) => Since(device.Content, baseContent, VdiImage.Qcow2),
            (VdiImage.Qcow2, null) => device.Content.AllocatedGranules(),
            (_, null) => await ScanAsync(device, Qcow2Stream.ClusterBytes, cancellationToken),
        };
        await new Qcow2Stream(device, granules).WriteAsync(body, cancellationToken);
    }

    private async Task<IReadOnlyList<long>> ScanAsync(
        NbdDevice device, int granuleBytes, CancellationToken cancellationToken) =>
        pool.Faults.ExportFailsOnOddSize && device.Length % granuleBytes != 0
            ? throw IoError()
            : await DeviceReader.ScanAsync(device, granuleBytes, cancellationToken);

    private static IReadOnlyList<long> Since(IVdiContent content, IVdiContent baseContent, VdiImage image)
    {
        if (content.Image != image || baseContent.Image != image)
        {
            throw NotOfOneKind();
        }

        try
        {
            return content.GranulesSince(baseContent);
        }
        catch (InvalidOperationException error)
        {
            throw new XapiFailureException("INTERNAL_ERROR", error.Message);
        }
    }

    private static XapiFailureException NotOfOneKind() =>
        new("INTERNAL_ERROR", "Cannot compute differences on non-VHD images");
}
