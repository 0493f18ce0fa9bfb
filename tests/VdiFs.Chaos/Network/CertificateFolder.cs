using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Network;

/// <summary>Certificates made by openssl, laid out as nbdkit wants them.</summary>
internal static class CertificateFolder
{
    private const string Authority = """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$2" \
          -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
          -keyout "$1/key.pem" -out "$1/ca-cert.pem" 2> /dev/null
        """;

    private const string Server = """
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=server" \
          -keyout "$1/server-key.pem" -out "$1/server.csr" 2> /dev/null
        printf 'subjectAltName=IP:%s\nextendedKeyUsage=serverAuth\n' "$3" > "$1/server.ext"
        openssl x509 -req -in "$1/server.csr" -CA "$2/ca-cert.pem" -CAkey "$2/key.pem" -days 2 \
          -extfile "$1/server.ext" -out "$1/server-cert.pem" 2> /dev/null
        cp "$2/ca-cert.pem" "$1/ca-cert.pem"
        """;

    /// <summary>Makes an authority; gives its folder, which holds ca-cert.pem.</summary>
    public static string MakeAuthority(Bench bench, string name)
    {
        string folder = bench.NewDirectory(name);
        Command.BashOk(Authority, folder, name);
        return folder;
    }

    /// <summary>Makes a new certificate for an address; gives the folder for nbdkit's --tls-certificates.</summary>
    public static string MakeServer(Bench bench, string name, string authority, string address)
    {
        string folder = bench.NewDirectory(name);
        Command.BashOk(Server, folder, authority, address);
        return folder;
    }
}
