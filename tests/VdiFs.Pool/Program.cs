using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.Pool;

/// <summary>
/// `VdiFs.Pool [--hosts ADDRESS,...] [--https-port N] [--nbd-port N] [--seed N] [--large] --root-password-file FILE`;
/// scripts/pool.sh runs it. Ends at SIGINT or SIGTERM.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        PoolSimulatorOptions options;
        try
        {
            options = PoolCommandLine.Parse(arguments);
        }
        catch (Exception wrong) when (wrong is FormatException or IOException)
        {
            await Console.Error.WriteLineAsync($"pool: {wrong.Message}");
            return 2;
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = StopAt(PosixSignal.SIGINT, stopped);
        using PosixSignalRegistration terminate = StopAt(PosixSignal.SIGTERM, stopped);
        await using PoolSimulator simulator = await PoolSimulator.StartAsync(options);
        foreach (HostObject host in simulator.State.Hosts)
        {
            string fingerprint = HostCertificates.Fingerprint(host.ServerCertificate!, HashAlgorithmName.SHA256);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{host.NameLabel} {host.Address} https {host.HttpsPort} nbd {host.NbdPort} sha256 {fingerprint}"));
        }

        Console.WriteLine("ready");
        await stopped.Task;
        return 0;
    }

    private static PosixSignalRegistration StopAt(PosixSignal signal, TaskCompletionSource stopped) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });
}
