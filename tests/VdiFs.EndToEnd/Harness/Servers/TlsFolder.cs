using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Tests.Nbd.Tls;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>A directory of certificates under the names that nbdkit, qemu-nbd and libnbd look for.</summary>
internal sealed class TlsFolder
{
    private readonly TestAuthority _authority = new("End to End Authority");

    /// <summary>Makes a directory for a server that is called by the names.</summary>
    public TlsFolder(Bench bench, params string[] names)
    {
        Directory = bench.NewDirectory("pki");
        using X509Certificate2 server = _authority.Issue("server", names);
        Fingerprint = server.GetCertHashString(HashAlgorithmName.SHA256);
        Write("ca-cert.pem", _authority.Pem);
        Write("server-cert.pem", server.ExportCertificatePem());
        Write("server-key.pem", TestAuthority.KeyPem);
    }

    public string Directory { get; }

    public string Ca => Path.Combine(Directory, "ca-cert.pem");

    /// <summary>Of the server's certificate.</summary>
    public string Fingerprint { get; }

    /// <summary>Adds a certificate for clients.</summary>
    public (string Certificate, string Key) AddClient()
    {
        using X509Certificate2 client = _authority.Issue("client", usage: TestAuthority.ForClients);
        return (Write("client-cert.pem", client.ExportCertificatePem()), Write("client-key.pem", TestAuthority.KeyPem));
    }

    /// <summary>Adds the certificate of an authority that has nothing to do with the server.</summary>
    public string AddStranger() => Write("stranger.pem", new TestAuthority("A Stranger").Pem);

    private string Write(string name, string text)
    {
        string path = Path.Combine(Directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
