using System.CommandLine;
using VdiFs.Disks.Catalogs;

namespace VdiFs.Options;

/// <summary>The options of every command that talks to a source over TLS.</summary>
internal sealed class TlsOptionTable
{
    private readonly Option<string?> _ca = File(
        "--ca", "PEM file of the authorities to trust, or of the server's own certificate; else the system's");

    private readonly Option<string?> _fingerprint = OptionFactory.Valued<string?>(
        "--fingerprint", "SHA256",
        "Fingerprint of the server's certificate: only this one is let through, whatever its issuer, names and dates",
        null, ValueReaders.Fingerprint, "64 hexadecimal digits, with or without colons");

    private readonly Option<string?> _hostName = OptionFactory.Valued<string?>(
        "--tls-hostname", "NAME",
        "Name that the server's certificate must bear; else the host's, and localhost for a unix socket",
        null, ValueReaders.Text, "a host name or an IP address");

    private readonly Option<string?> _certificate =
        File("--tls-certificate", "PEM file of the certificate to show to the server");

    private readonly Option<string?> _key =
        File("--tls-key", "PEM file of that certificate's key; else it is in the certificate's file");

    public void AddTo(Command command)
    {
        Option[] options = [_ca, _fingerprint, _hostName, _certificate, _key];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Null when nothing was said about TLS.</summary>
    public TlsOptions? Read(ParseResult result)
    {
        TlsOptions options = new()
        {
            CaFile = FullPath(result.GetValue(_ca)),
            Fingerprint = result.GetValue(_fingerprint),
            HostName = result.GetValue(_hostName),
            CertificateFile = FullPath(result.GetValue(_certificate)),
            KeyFile = FullPath(result.GetValue(_key)),
        };
        return options == new TlsOptions() ? null : options;
    }

    private static Option<string?> File(string name, string description) => OptionFactory.Valued<string?>(
        name, "FILE", description, null, ValueReaders.Text, "a file name");

    // A daemon works in "/".
    private static string? FullPath(string? file) => file is null ? null : Path.GetFullPath(file);
}
