using System.Runtime.InteropServices;

namespace VdiFs.Commands;

/// <summary>Turns the signals that ask a process to end into a token, so that it can unmount first.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignals()
    {
        foreach (PosixSignal signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _stopping.Cancel();
            }));
        }
    }

    /// <summary>Cancelled by the first such signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        // A handler may still be running, which disposing a registration does not wait for: the source stays usable.
    }
}
