namespace VdiFs.Disks.Slots;

/// <summary>The slots of one host and the line before them. Thread-safe.</summary>
internal sealed class HostLine(HostSlotOptions options)
{
    /// <summary>
    /// A disk that has got no byte in its turn keeps it so many times longer: else a slow host would serve nobody.
    /// </summary>
    private const int PatienceFactor = 6;

    private readonly Lock _gate = new();

    // Guarded by _gate. The line is as long as there are disks that are being read.
    private readonly LinkedList<Waiter> _line = [];
    private readonly List<SlotAccount> _holders = [];
    private ITimer? _pulse;
    private int _taken;
    private bool _isPressing;

    public async Task<SlotLease> TakeAsync(SlotAccount account, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_gate)
        {
            if (_line.First is null && _taken < options.PerHost)
            {
                return Grant(account);
            }

            waiter = new Waiter(account);
            waiter.Place = _line.AddLast(waiter);
            _pulse ??= options.TimeProvider.CreateTimer(_ => Press(), null, options.Pulse, options.Pulse);
        }

        using (cancellationToken.UnsafeRegister(_ => Leave(waiter, cancellationToken), null))
        {
            Press();
            return await waiter.Task.ConfigureAwait(false);
        }
    }

    public SlotLease? TryTake(SlotAccount account)
    {
        lock (_gate)
        {
            return _line.First is null && _taken < options.PerHost ? Grant(account) : null;
        }
    }

    public void Return(SlotAccount account)
    {
        lock (_gate)
        {
            _taken--;
            account.Leaving = Math.Max(0, account.Leaving - 1);
            if (--account.Held == 0)
            {
                _holders.Remove(account);
            }

            while (_line.First is { } first && _taken < options.PerHost)
            {
                _line.RemoveFirst();
                first.Value.SetResult(Grant(first.Value.Account));
            }

            StopIfNobodyWaits();
        }
    }

    private void Leave(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (waiter.Place!.List is null)
            {
                // It has its slot.
                return;
            }

            _line.Remove(waiter.Place);
            StopIfNobodyWaits();
        }

        waiter.SetCanceled(cancellationToken);
    }

    /// <summary>Asks those who have slots for as many as are waited for.</summary>
    private void Press()
    {
        SlotAccount[] holders;
        lock (_gate)
        {
            if (_isPressing)
            {
                return;
            }

            _isPressing = true;
            holders = [.. _holders];
        }

        try
        {
            AskForFurtherOnes(holders);
            AskToStandDown(holders.Where(IsIdle));
            AskToStandDown(holders.Where(holder => holder.User.IsSpare));
            AskToStandDown(holders.Where(IsOverTime).OrderByDescending(holder => holder.User.ConnectedFor));
        }
        finally
        {
            lock (_gate)
            {
                _isPressing = false;
            }
        }
    }

    private void AskForFurtherOnes(SlotAccount[] holders)
    {
        foreach (SlotAccount holder in holders)
        {
            while (TryAsk(holder, all: false))
            {
                if (!holder.User.TryGiveUpConnection())
                {
                    // A further one that is only just being made; the next pulse finds it.
                    Withdraw(holder, 1);
                    break;
                }
            }
        }
    }

    private void AskToStandDown(IEnumerable<SlotAccount> holders)
    {
        foreach (SlotAccount holder in holders)
        {
            if (TryAsk(holder, all: true) && !holder.User.TryStandDown())
            {
                Withdraw(holder, int.MaxValue);
            }
        }
    }

    private bool IsIdle(SlotAccount holder) => holder.User.IdleFor >= options.IdleGrace;

    private bool IsOverTime(SlotAccount holder) => holder.User.ConnectedFor is { } time
        && time >= (holder.User.HasDelivered ? options.Turn : options.Turn * PatienceFactor);

    /// <summary>
    /// Notes that a holder is asked for a further slot or for all; false when there is no need or no such slot.
    /// </summary>
    private bool TryAsk(SlotAccount holder, bool all)
    {
        lock (_gate)
        {
            int staying = holder.Held - holder.Leaving;
            if (_line.Count <= _holders.Sum(other => other.Leaving) || staying <= (all ? 0 : 1))
            {
                return false;
            }

            holder.Leaving = all ? holder.Held : holder.Leaving + 1;
            return true;
        }
    }

    private void Withdraw(SlotAccount holder, int count)
    {
        lock (_gate)
        {
            holder.Leaving = Math.Max(0, holder.Leaving - count);
        }
    }

    // The methods below are called with _gate held.

    private SlotLease Grant(SlotAccount account)
    {
        _taken++;
        if (account.Held++ == 0)
        {
            _holders.Add(account);
        }

        return new SlotLease(account);
    }

    private void StopIfNobodyWaits()
    {
        if (_line.First is null)
        {
            _pulse?.Dispose();
            _pulse = null;
        }
    }

    private sealed class Waiter(SlotAccount account)
        : TaskCompletionSource<SlotLease>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public SlotAccount Account => account;

        public LinkedListNode<Waiter>? Place { get; set; }
    }
}
