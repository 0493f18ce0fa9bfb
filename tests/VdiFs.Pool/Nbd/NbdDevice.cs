using VdiFs.Pool.Content;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Nbd;

/// <summary>A VDI as a block device of dom0, for as long as it stays plugged.</summary>
/// <param name="pool">The pool.</param>
/// <param name="vbd">The plugged VBD.</param>
public sealed class NbdDevice(PoolState pool, VbdObject vbd)
{
    private readonly IVdiContent _content = vbd.Vdi?.Content
        ?? throw new XapiFailureException("VDI_MISSING", vbd.Vdi?.Sr.Ref ?? "", vbd.Vdi?.Ref ?? "");

    /// <summary>Bytes of the device.</summary>
    public long Length => _content.Length;

    /// <summary>What the SR knows of the disk.</summary>
    public IVdiContent Content => _content;

    /// <summary>Reads from the device, all or nothing.</summary>
    /// <exception cref="IOException">The storage fails, or the device is gone.</exception>
    public async Task ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (diskOffset < 0 || diskOffset > Length - destination.Length)
        {
            throw new IOException($"Read of {destination.Length} bytes at {diskOffset}, past the end at {Length}.");
        }

        if (!pool.Read(IsThere))
        {
            throw new IOException("The device is gone.");
        }

        await _content.ReadAsync(diskOffset, destination, cancellationToken);
    }

    // data_destroy leaves a VDI without data; a VBD may be unplugged by anybody.
    private bool IsThere() => vbd is
    {
        IsGone: false, CurrentlyAttached: true, Vdi: { IsGone: false, Type: not "cbt_metadata" },
    };
}
