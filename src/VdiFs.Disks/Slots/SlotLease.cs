namespace VdiFs.Disks.Slots;

/// <summary>A slot that is taken, until it is disposed.</summary>
internal sealed class SlotLease(SlotAccount account) : IDisposable
{
    private int _isOver;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            account.Return();
        }
    }
}
