namespace VdiFs.Disks.Failover;

/// <summary>What one server still owes, and how fast it has been answering. Thread-safe.</summary>
internal sealed class EndpointLoad(TimeProvider time)
{
    // The measured speed is that of about so many bytes, the latest: a server that slows down is found out soon.
    private const double RememberedBytes = 16 << 20;

    private readonly Lock _gate = new();

    // Guarded by _gate. Time counts only while something is owed.
    private long _owedBytes;
    private long _countedUntil;
    private double _deliveredBytes;
    private double _busySeconds;

    /// <summary>Bytes of reads that were begun and have not ended.</summary>
    public long OwedBytes
    {
        get
        {
            lock (_gate)
            {
                return _owedBytes;
            }
        }
    }

    /// <summary>Bytes in a second of those in which it owed any; null while none was measured.</summary>
    public double? BytesPerSecond
    {
        get
        {
            lock (_gate)
            {
                return _deliveredBytes > 0 && _busySeconds > 0 ? _deliveredBytes / _busySeconds : null;
            }
        }
    }

    /// <summary>A read of the server begins.</summary>
    public void Begin(long bytes)
    {
        lock (_gate)
        {
            if (_owedBytes == 0)
            {
                _countedUntil = time.GetTimestamp();
            }

            _owedBytes += bytes;
        }
    }

    /// <summary>A read has ended.</summary>
    /// <param name="bytes">As when it began.</param>
    /// <param name="isDelivered">Whether the server has delivered them.</param>
    public void End(long bytes, bool isDelivered)
    {
        lock (_gate)
        {
            _busySeconds += time.GetElapsedTime(_countedUntil).TotalSeconds;
            _countedUntil = time.GetTimestamp();
            _deliveredBytes += isDelivered ? bytes : 0;
            _owedBytes -= bytes;
            if (_deliveredBytes > RememberedBytes)
            {
                _deliveredBytes /= 2;
                _busySeconds /= 2;
            }
        }
    }

    /// <summary>
    /// In how many seconds a read that begins now would end, as far as one can tell: what is owed comes first, and a
    /// server that owes bytes and is silent is expected to stay so for as long again.
    /// </summary>
    /// <param name="bytes">How long the read is.</param>
    /// <param name="usualBytesPerSecond">The speed of a server that has not been measured.</param>
    public double Expect(long bytes, double usualBytesPerSecond)
    {
        double speed = BytesPerSecond ?? usualBytesPerSecond;
        lock (_gate)
        {
            double silence = _owedBytes > 0 ? time.GetElapsedTime(_countedUntil).TotalSeconds : 0;
            return ((_owedBytes + bytes) / speed) + silence;
        }
    }
}
