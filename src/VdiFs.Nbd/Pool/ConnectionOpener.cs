using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Tls;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Opens connections to one address, each within the time limit; the one place where that limit is applied.
/// </summary>
/// <param name="uri">The address.</param>
/// <param name="options">The limits, and the transport if it is another than TCP or a unix socket.</param>
internal sealed class ConnectionOpener(NbdUri uri, NbdClientOptions options)
{
    private readonly TlsClient? _tls = TlsClient.For(uri, options.Tls, options.TimeProvider);

    /// <summary>The URI's export, with what follows its name on the wire.</summary>
    public ExportName Name { get; } = new(uri.ExportName, options.ExportNameSecret);

    /// <summary>The address, for the log.</summary>
    public string Address { get; } = uri.ToString();

    /// <summary>Connects and opens the URI's export for transmission. The caller owns the stream.</summary>
    public Task<(Stream Stream, HandshakeResult Handshake)> OpenAsync(CancellationToken cancellationToken) =>
        OpenAsync(Name, cancellationToken);

    /// <summary>Connects and opens another export of the same server. The caller owns the stream.</summary>
    public Task<(Stream Stream, HandshakeResult Handshake)> OpenAsync(
        ExportName name, CancellationToken cancellationToken) =>
        RunAsync((negotiator, limit) => negotiator.OpenAsync(name, limit), cancellationToken);

    /// <summary>
    /// Connects and greets, for a conversation that stays in option haggling. The caller owns the stream.
    /// </summary>
    public Task<(Stream Stream, Negotiator Negotiator)> GreetAsync(CancellationToken cancellationToken) =>
        RunAsync(static (negotiator, _) => Task.FromResult(negotiator), cancellationToken);

    /// <summary>Runs one step of such a conversation within the time limit of handshakes.</summary>
    public Task<T> WithinLimitAsync<T>(Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken) =>
        WithinAsync(options.HandshakeTimeout, static () => "finish the handshake", step, cancellationToken);

    private async Task<T> WithinAsync<T>(
        TimeSpan time,
        Func<string> what,
        Func<CancellationToken, Task<T>> step,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(time, options.TimeProvider);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await step(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (
            timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NbdException(
                NbdErrorKind.Timeout,
                $"the server at {Address} did not {what()} within {time.TotalSeconds:0.###} s",
                cause);
        }
    }

    private async Task<(Stream Stream, T Result)> RunAsync<T>(
        Func<Negotiator, CancellationToken, Task<T>> conversation, CancellationToken cancellationToken)
    {
        Stream stream = await WithinAsync(
            options.ConnectTimeout,
            static () => "take the connection",
            limit => options.Transport(uri, limit),
            cancellationToken)
            .ConfigureAwait(false);
        Negotiator negotiator = new(stream);
        return await WithinAsync(
            options.HandshakeTimeout,
            () => negotiator.HasBeenGreeted ? "finish the handshake" : "greet",
            async limit =>
            {
                try
                {
                    await negotiator.StartAsync(_tls, limit).ConfigureAwait(false);
                    T result = await conversation(negotiator, limit).ConfigureAwait(false);
                    return (negotiator.Stream, result);
                }
                catch
                {
                    await negotiator.Stream.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
    }
}
