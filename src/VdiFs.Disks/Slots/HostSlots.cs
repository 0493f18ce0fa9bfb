namespace VdiFs.Disks.Slots;

/// <summary>
/// The budget of connections to each host, shared by all disks of a mount. A disk's first connection to a host waits in
/// line; further ones take only what is free, and go first when somebody waits. Thread-safe.
/// </summary>
internal sealed class HostSlots(HostSlotOptions options)
{
    private readonly Lock _gate = new();

    // Guarded by _gate. One for each host that was ever connected to: as many as the source has.
    private readonly Dictionary<string, HostLine> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>One disk's part of a host's budget.</summary>
    /// <param name="host">Tells it apart from others: the same for all of its addresses, where that is known.</param>
    /// <param name="user">The disk's connections to it.</param>
    public SlotAccount Open(string host, ISlotUser user)
    {
        lock (_gate)
        {
            if (!_hosts.TryGetValue(host, out HostLine? line))
            {
                line = new HostLine(options);
                _hosts.Add(host, line);
            }

            return new SlotAccount(line, user);
        }
    }
}
