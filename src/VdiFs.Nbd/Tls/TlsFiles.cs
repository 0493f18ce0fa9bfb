using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Nbd.Tls;

/// <summary>Reads PEM files; every failure names the file and what to do.</summary>
internal static class TlsFiles
{
    // The files that libnbd looks for in the directory of tls-certificates.
    private const string CaName = "ca-cert.pem";
    private const string CertificateName = "client-cert.pem";
    private const string KeyName = "client-key.pem";

    /// <summary>A file longer than this holds something else.</summary>
    private const long LongestFileBytes = 16 * 1024 * 1024;

    /// <exception cref="NbdException">TlsSetup.</exception>
    public static async Task<TlsCredentials> LoadAsync(
        NbdUri uri, NbdTlsOptions options, CancellationToken cancellationToken)
    {
        string? directory = uri.TlsCertificates;
        return new TlsCredentials(
            await LoadTrustedAsync(directory, options, cancellationToken).ConfigureAwait(false),
            await LoadClientAsync(directory, options, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<X509Certificate2Collection?> LoadTrustedAsync(
        string? directory, NbdTlsOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files = options.CaFiles;
        bool hasOwn = files.Count > 0 || options.CaPem is not null;
        if (!hasOwn && directory is not null && (options.Fingerprint is null || File.Exists(In(directory, CaName))))
        {
            files = [In(directory, CaName)];
        }

        X509Certificate2Collection trusted = [];
        foreach (string file in files)
        {
            string pem = await ReadAsync(file, "CA file", cancellationToken).ConfigureAwait(false);
            Import(trusted, pem, $"the CA file {file}");
        }

        if (options.CaPem is not null)
        {
            Import(trusted, options.CaPem, "the CA certificate that was given as text");
        }

        return trusted.Count > 0 ? trusted : null;
    }

    private static async Task<SslStreamCertificateContext?> LoadClientAsync(
        string? directory, NbdTlsOptions options, CancellationToken cancellationToken)
    {
        string? certificateFile = options.CertificateFile;
        string? keyFile = options.KeyFile;
        if (certificateFile is null && keyFile is not null)
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup,
                $"the key file {keyFile} has no certificate beside it; give the certificate too");
        }

        if (certificateFile is null && directory is not null && File.Exists(In(directory, CertificateName)))
        {
            certificateFile = In(directory, CertificateName);
            keyFile = In(directory, KeyName);
        }

        if (certificateFile is null)
        {
            return null;
        }

        string pem = await ReadAsync(certificateFile, "certificate file", cancellationToken).ConfigureAwait(false);
        string keyPem = keyFile is null
            ? pem
            : await ReadAsync(keyFile, "key file", cancellationToken).ConfigureAwait(false);
        return Pair(pem, certificateFile, keyPem, keyFile ?? certificateFile);
    }

    private static SslStreamCertificateContext Pair(string pem, string certificateFile, string keyPem, string keyFile)
    {
        if (keyPem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup,
                $"the key in {keyFile} is encrypted, and nobody is there to type its password: "
                + $"decrypt it with 'openssl pkey -in {keyFile} -out FILE' and give that");
        }

        X509Certificate2Collection chain = [];
        Import(chain, pem, $"the certificate file {certificateFile}");
        try
        {
            // Offline: the intermediates are in the file; nothing is fetched for the sake of a handshake.
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(pem, keyPem), chain, offline: true);
        }
        catch (Exception cause) when (cause is CryptographicException or ArgumentException)
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup,
                $"the key in {keyFile} is not the key of the certificate in {certificateFile}; give the two that "
                + "belong together, as PEM",
                cause);
        }
    }

    private static void Import(X509Certificate2Collection into, string pem, string what)
    {
        int before = into.Count;
        try
        {
            into.ImportFromPem(pem);
        }
        catch (CryptographicException cause)
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup, $"{what} holds a certificate that cannot be read: {cause.Message}", cause);
        }

        if (into.Count == before)
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup, $"{what} holds no certificate; expected PEM, '-----BEGIN CERTIFICATE-----'");
        }
    }

    private static async Task<string> ReadAsync(string file, string what, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > LongestFileBytes })
            {
                throw new NbdException(
                    NbdErrorKind.TlsSetup, $"the {what} {file} has more than {LongestFileBytes} bytes; is it PEM?");
            }

            return await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NbdException(NbdErrorKind.TlsSetup, $"there is no {what} {file}; check the name", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new NbdException(
                NbdErrorKind.TlsSetup,
                $"the {what} {file} cannot be read; check its permissions: {cause.Message}",
                cause);
        }
    }

    private static string In(string directory, string name) => Path.Combine(directory, name);
}
