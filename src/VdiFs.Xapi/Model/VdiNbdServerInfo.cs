namespace VdiFs.Xapi.Model;

/// <summary>
/// One way to a VDI over NBD (vdi_nbd_server_info of VDI.get_nbd_info). Its export name is a secret: it carries the
/// session. Therefore no record, whose text would show it.
/// </summary>
public sealed class VdiNbdServerInfo
{
    /// <summary>The export name, with the session reference in it: a secret.</summary>
    public required string ExportName { get; init; }

    /// <summary>IP address of the server.</summary>
    public required string Address { get; init; }

    /// <summary>TCP port of the server.</summary>
    public required int Port { get; init; }

    /// <summary>The server's certificate, PEM.</summary>
    public required string CertificatePem { get; init; }

    /// <summary>The name that the certificate bears (subject): a DNS name, perhaps a wildcard.</summary>
    public required string Subject { get; init; }
}
