using System.Globalization;
using System.Net.Sockets;

namespace VdiFs.Pool.Net;

/// <summary>Loopback addresses that no other pool on this machine has, whichever process runs it.</summary>
public static class LoopbackNetworks
{
    // 127.64.0.0 to 127.127.255.255.
    private const int FirstNetwork = 64 << 8;
    private const int Networks = 64 << 8;

    // More pools than anybody runs at once: whoever finds so many taken has another trouble.
    private const int Attempts = 256;

    // Where a process begins to look; what is taken is passed over.
    private static int _last = Environment.ProcessId * 16;

    /// <summary>Starts a pool on addresses that are free.</summary>
    /// <param name="hosts">How many addresses it needs.</param>
    /// <param name="options">The pool on these addresses.</param>
    public static async Task<PoolSimulator> StartAsync(
        int hosts, Func<IReadOnlyList<string>, PoolSimulatorOptions> options)
    {
        for (int attempt = 1; ; attempt++)
        {
            int number = FirstNetwork + (int)((uint)Interlocked.Increment(ref _last) % Networks);
            string[] addresses = [.. Enumerable.Range(1, hosts).Select(host => string.Create(
                CultureInfo.InvariantCulture, $"127.{number >> 8}.{number & 255}.{host}"))];
            try
            {
                return await PoolSimulator.StartAsync(options(addresses));
            }
            catch (SocketException taken) when (
                taken.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // Another pool has it: the next one.
            }
        }
    }
}
