using VdiFs.Simulation.Scheduling;

namespace VdiFs.Simulation.Network;

/// <summary>
/// One direction of a connection: carries messages in order, each after the latency, and can be held up or lose
/// everything.
/// </summary>
internal sealed class Courier(Schedule schedule, TimeSpan latency, Action<Parcel> deliver)
{
    private readonly Queue<Parcel> _held = new();
    private TimeSpan _lastArrival;
    private bool _isHeld;
    private bool _isDead;

    /// <summary>Sends, to arrive after the latency and <paramref name="delay"/>, behind all that was sent
    /// before.</summary>
    public void Send(Parcel parcel, TimeSpan delay = default)
    {
        TimeSpan arrival = schedule.Elapsed + latency + delay;
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        schedule.At(_lastArrival.Ticks, () => Arrive(parcel));
    }

    /// <summary>Keeps what arrives until <see cref="Resume"/>.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>Delivers what was kept, and goes on.</summary>
    public void Resume()
    {
        _isHeld = false;
        while (!_isHeld && !_isDead && _held.TryDequeue(out Parcel parcel))
        {
            deliver(parcel);
        }
    }

    /// <summary>Nothing arrives any more.</summary>
    public void Die()
    {
        _isDead = true;
        _held.Clear();
    }

    private void Arrive(Parcel parcel)
    {
        if (_isDead)
        {
            return;
        }

        if (_isHeld)
        {
            _held.Enqueue(parcel);
        }
        else
        {
            deliver(parcel);
        }
    }
}
