using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Real servers over TLS: the right one is read, any other is refused with cause and cure.</summary>
public sealed class TlsTests : EndToEndTest
{
    // What xapi-nbd has: TLS 1.2, two suites, one curve.
    private const string XapiPriority =
        "NONE:+VERS-TLS1.2:+ECDHE-RSA:+AES-256-GCM:+AES-128-GCM:+AEAD:+GROUP-SECP384R1:+SIGN-ALL:+COMP-NULL:+CTYPE-X509";

    private readonly string _disk;
    private readonly TlsFolder _pki;

    public TlsTests()
    {
        _disk = DiskImage.RandomHoles(Bench, 12L << 20, 1);
        _pki = new TlsFolder(Bench, "localhost", "127.0.0.1");
    }

    [Theory]
    [InlineData(true, "ca")]
    [InlineData(true, "directory")]
    [InlineData(true, "fingerprint")]
    [InlineData(false, "ca")]
    [InlineData(false, "directory")]
    [InlineData(false, "fingerprint")]
    public void Nbdkit_is_read_over_tls(bool isTcp, string trust)
    {
        NbdServer server = StartNbdkit(isTcp, "--tls-certificates", _pki.Directory);
        (string source, string[] options) = trust switch
        {
            "ca" => (Secure(server), new[] { "--ca", _pki.Ca }),
            "directory" => (Secure(server, $"tls-certificates={_pki.Directory}"), []),
            _ => (Secure(server), ["--fingerprint", _pki.Fingerprint]),
        };

        Judged.AssertAllHold(Bench, _disk, VdifsMount.Start(Bench, source, options).Export());
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "")]
    [InlineData(true, XapiPriority)]
    public void Qemu_nbd_is_read_over_tls(bool isTcp, string priority)
    {
        NbdServer server = StartQemu(isTcp, priority);

        Judged.AssertAllHold(Bench, _disk, VdifsMount.Start(Bench, Secure(server), "--ca", _pki.Ca).Export());
    }

    [Fact]
    public void The_exports_of_a_server_are_listed_over_tls_with_the_environments_options()
    {
        NbdServer server = StartNbdkit(isTcp: true, "--tls-certificates", _pki.Directory);

        string list = Command.BashOk("VDIFS_CA=\"$1\" \"$2\" ls \"$3\"", _pki.Ca, RunRoot.Vdifs, Secure(server));

        Assert.Contains((12L << 20).ToString(CultureInfo.InvariantCulture), list, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_wants_a_certificate_is_shown_one()
    {
        (string certificate, string key) = _pki.AddClient();
        NbdServer server =
            StartNbdkit(isTcp: true, "--tls-certificates", _pki.Directory, "--tls-verify-peer");

        OneLine.AssertRefusal(List(Secure(server), "--ca", _pki.Ca), 1, "--tls-certificate");
        VdifsMount mount = VdifsMount.Start(
            Bench, Secure(server), "--ca", _pki.Ca, "--tls-certificate", certificate, "--tls-key", key);
        Command.Ok("cmp", _disk, mount.File("disk.raw"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_of_another_authority_is_refused(bool isTcp)
    {
        NbdServer server = StartNbdkit(isTcp, "--tls-certificates", _pki.Directory);

        string stranger = _pki.AddStranger();
        OneLine.AssertRefusal(
            List(Secure(server), "--ca", stranger), 1, "End to End Authority", "--ca", "--fingerprint");
        OneLine.AssertRefusal(List(Secure(server)), 1, "End to End Authority", "--ca");
        OneLine.AssertRefusal(Mount(Secure(server), "--ca", stranger), 1, "End to End Authority");
        OneLine.AssertRefusal(List(Secure(server), "--fingerprint", new string('0', 64)), 1, _pki.Fingerprint);
    }

    [Fact]
    public void A_server_of_another_name_is_refused_until_that_name_is_given()
    {
        TlsFolder other = new(Bench, "storage.example");
        NbdServer server = StartNbdkit(isTcp: true, "--tls-certificates", other.Directory);

        OneLine.AssertRefusal(
            List(Secure(server), "--ca", other.Ca), 1, "storage.example", "127.0.0.1", "--tls-hostname");
        VdifsMount mount = VdifsMount.Start(
            Bench, Secure(server), "--ca", other.Ca, "--tls-hostname", "storage.example");
        Command.Ok("cmp", _disk, mount.File("disk.raw"));
    }

    [Fact]
    public void Pre_shared_keys_are_a_clear_error()
    {
        string keys = Bench.PathOf("keys.psk");
        File.WriteAllText(keys, "me:" + new string('a', 64) + "\n");
        NbdServer server = StartNbdkit(isTcp: true, $"--tls-psk={keys}");

        OneLine.AssertRefusal(List(Secure(server, $"tls-psk-file={keys}")), 2, "pre-shared keys", "tls-certificates");
        OneLine.AssertRefusal(List(Secure(server), "--ca", _pki.Ca), 1, "TLS");
    }

    [Fact]
    public void Plain_and_tls_are_told_apart()
    {
        NbdServer secure = StartNbdkit(isTcp: true, "--tls-certificates", _pki.Directory);
        OneLine.AssertRefusal(List(secure.Uri), 1, "nbds://");
        OneLine.AssertRefusal(List(secure.Uri, "--ca", _pki.Ca), 2, "nbds://");

        NbdServer plain = Nbdkit.OnPort(Bench, "file", _disk);
        OneLine.AssertRefusal(List(Secure(plain), "--ca", _pki.Ca), 1, "refuses TLS", "nbd://");
        OneLine.AssertRefusal(List(_disk, "--ca", _pki.Ca), 2, "local image");
    }

    [Theory]
    [InlineData("--ca")]
    [InlineData("--tls-certificate")]
    public void A_file_that_is_missing_is_a_usage_error(string option)
    {
        NbdServer server = StartNbdkit(isTcp: true, "--tls-certificates", _pki.Directory);
        string missing = Bench.PathOf("missing.pem");

        OneLine.AssertRefusal(List(Secure(server), option, missing), 2, missing);
    }

    [Fact]
    public void A_fingerprint_that_is_none_is_a_usage_error() =>
        OneLine.AssertRefusal(List("nbds://127.0.0.1", "--fingerprint", "abc"), 2, "--fingerprint", "64");

    private static CommandResult List(string source, params IEnumerable<string> options) =>
        Command.Run(RunRoot.Vdifs, ["ls", source, .. options]);

    private CommandResult Mount(string source, params IEnumerable<string> options) =>
        Command.Run(RunRoot.Vdifs, ["mount", source, Bench.NewDirectory("mnt"), .. options]);

    private static string Secure(NbdServer server, string query = "")
    {
        string uri = "nbds" + server.Uri["nbd".Length..];
        string separator = uri.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        return query.Length == 0 ? uri : uri + separator + query;
    }

    private NbdServer StartNbdkit(bool isTcp, params string[] tls)
    {
        string[] arguments = ["--tls=require", .. tls, "file", _disk];
        return isTcp ? Nbdkit.OnPort(Bench, arguments) : Nbdkit.OnSocket(Bench, arguments);
    }

    private NbdServer StartQemu(bool isTcp, string priority)
    {
        string credentials = $"tls-creds-x509,id=tls0,endpoint=server,verify-peer=no,dir={_pki.Directory}"
            + (priority.Length == 0 ? "" : $",priority={priority}");
        string[] arguments =
            ["-r", "-t", "-e", "16", "-f", "raw", "--object", credentials, "--tls-creds", "tls0", _disk];
        if (!isTcp)
        {
            string socket = Bench.PathOf("nbd.sock");
            return NbdServer.OnSocket(Bench, socket, "qemu-nbd", ["-k", socket, .. arguments]);
        }

        int port = FreePort.Next();
        string text = port.ToString(CultureInfo.InvariantCulture);
        return NbdServer.OnPort(Bench, port, "qemu-nbd", ["-b", "127.0.0.1", "-p", text, .. arguments]);
    }
}
