using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Nbd.Tls;

/// <summary>
/// What was read from the files that <see cref="NbdTlsOptions"/> and a URI name. It lives as long as its client does
/// and is left to the garbage collector, because a connection may be made with it at any time until then.
/// </summary>
/// <param name="Trusted">The certificates to trust in place of the system's; null for the system's.</param>
/// <param name="Client">This client's certificate with its key; null for none.</param>
internal sealed record TlsCredentials(X509Certificate2Collection? Trusted, SslStreamCertificateContext? Client);
