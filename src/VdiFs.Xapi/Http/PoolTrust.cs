using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace VdiFs.Xapi.Http;

/// <summary>
/// What is believed about the certificates of a pool's hosts: what the user said, and what hosts whose own certificate
/// was accepted have told of others. Thread-safe.
/// </summary>
internal sealed class PoolTrust
{
    /// <summary>A file of certificates that is longer holds something else.</summary>
    private const long LongestCaFileBytes = 16 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, string> _told = new(StringComparer.OrdinalIgnoreCase);
    private volatile FrozenDictionary<string, string> _recorded = FrozenDictionary<string, string>.Empty;

    private PoolTrust(
        X509Certificate2Collection? authorities, string? fingerprint, PinFile? pins, TimeProvider time, ILogger logger)
    {
        Authorities = authorities;
        Fingerprint = fingerprint;
        Pins = pins;
        Time = time;
        Logger = logger;
    }

    /// <summary>Certificates to trust in place of the system's; null for the system's.</summary>
    public X509Certificate2Collection? Authorities { get; }

    /// <summary>The one certificate that the user named; null for none.</summary>
    public string? Fingerprint { get; }

    /// <summary>What was seen first; null when something else decides.</summary>
    public PinFile? Pins { get; }

    /// <summary>The clock for the dates of certificates.</summary>
    public TimeProvider Time { get; }

    /// <summary>Where a first sight is noted.</summary>
    public ILogger Logger { get; }

    /// <exception cref="XapiException">TlsSetup: an option or file is not usable.</exception>
    public static async Task<PoolTrust> LoadAsync(
        XapiOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        string? fingerprint = options.Fingerprint is null
            ? null
            : Fingerprints.Parse(options.Fingerprint) ?? throw new XapiException(
                XapiErrorKind.TlsSetup, "the fingerprint is not SHA-256: 64 hexadecimal digits, colons allowed");
        X509Certificate2Collection? authorities = options.CaFile is null
            ? null
            : await ReadAuthoritiesAsync(options.CaFile, cancellationToken).ConfigureAwait(false);
        bool isPinned = options.PinFile is not null && fingerprint is null && authorities is null;
        return new PoolTrust(
            authorities, fingerprint, isPinned ? new PinFile(options.PinFile!) : null, options.TimeProvider, logger);
    }

    /// <summary>One host's certificate, told by a member that redirects to it.</summary>
    public void Tell(string host, string fingerprint)
    {
        if (_told.Count < XapiLimits.Hosts && Fingerprints.Parse(fingerprint) is { } parsed)
        {
            _told[host] = parsed;
        }
    }

    /// <summary>All hosts' certificates by address, as the pool's records have them; replaces what they were.</summary>
    public void Record(IEnumerable<KeyValuePair<string, string>> fingerprintByHost) =>
        _recorded = fingerprintByHost
            .Take(XapiLimits.Hosts)
            .DistinctBy(pair => pair.Key)
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The certificate to expect from a host as the pool told it; null when it told nothing.</summary>
    public string? KnownOf(string host) =>
        _recorded.TryGetValue(host, out string? recorded) || _told.TryGetValue(host, out recorded) ? recorded : null;

    private static async Task<X509Certificate2Collection> ReadAuthoritiesAsync(
        string path, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > LongestCaFileBytes)
            {
                throw new IOException($"it is longer than {LongestCaFileBytes} bytes");
            }

            X509Certificate2Collection found = [];
            found.ImportFromPem(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false));
            return found.Count > 0 ? found : throw new IOException("it holds no certificate in PEM form");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new XapiException(
                XapiErrorKind.TlsSetup, $"cannot read the certificates to trust from {path}: {cause.Message}", cause);
        }
    }
}
