using VdiFs.Nbd;
using Xunit;

namespace VdiFs.Tests.Nbd;

public sealed class NbdUriTests
{
    [Theory]
    [InlineData("nbd://example.com/disk", false, "example.com", 10809, null, "disk", "nbd://example.com/disk")]
    [InlineData("nbd://example.com", false, "example.com", 10809, null, "", "nbd://example.com")]
    [InlineData("nbd://example.com/", false, "example.com", 10809, null, "", "nbd://example.com")]
    [InlineData("nbd://example.com:10809/", false, "example.com", 10809, null, "", "nbd://example.com")]
    [InlineData("NBD://Example.COM:1234/A", false, "example.com", 1234, null, "A", "nbd://example.com:1234/A")]
    [InlineData("nbd://example.com//disk", false, "example.com", 10809, null, "/disk", "nbd://example.com//disk")]
    [InlineData("nbd://example.com/a/../b", false, "example.com", 10809, null, "a/../b", "nbd://example.com/a/../b")]
    [InlineData("nbd://example.com/hello%20world", false, "example.com", 10809, null, "hello world", "nbd://example.com/hello%20world")]
    [InlineData("nbd://example.com/a+b%3F%23%25", false, "example.com", 10809, null, "a+b?#%", "nbd://example.com/a%2Bb%3F%23%25")]
    [InlineData("nbd://example.com/%C3%A4", false, "example.com", 10809, null, "\u00e4", "nbd://example.com/%C3%A4")]
    [InlineData("nbd://[::1]:99/x", false, "::1", 99, null, "x", "nbd://[::1]:99/x")]
    [InlineData("nbd://[0:0:0:0:0:0:0:1]", false, "::1", 10809, null, "", "nbd://[::1]")]
    [InlineData("nbds://h/x", true, "h", 10809, null, "x", "nbds://h/x")]
    [InlineData("nbd+unix:///disk?socket=sock", false, null, 10809, "sock", "disk", "nbd+unix:///disk?socket=sock")]
    [InlineData("nbd+unix://?socket=/run/a%20b", false, null, 10809, "/run/a b", "", "nbd+unix:///?socket=/run/a%20b")]
    [InlineData("nbd+unix:///?socket=%00/abstract", false, null, 10809, "\0/abstract", "", "nbd+unix:///?socket=%00/abstract")]
    [InlineData("nbds+unix:///x?socket=/s", true, null, 10809, "/s", "x", "nbds+unix:///x?socket=/s")]
    public void A_uri_is_read_and_written_canonically(
        string text, bool isTls, string? host, int port, string? socket, string export, string canonical)
    {
        Assert.True(NbdUri.TryParse(text, out NbdUri? uri, out string error), error);
        Assert.Equal(
            (isTls, host, port, socket, export), (uri.IsTls, uri.Host, uri.Port, uri.SocketPath, uri.ExportName));
        Assert.Equal(canonical, uri.ToString());
        Assert.True(NbdUri.TryParse(canonical, out NbdUri? again, out _));
        Assert.Equal(uri, again);
    }

    [Theory]
    [InlineData("nbds://h/x?tls-certificates=/etc/pki&tls-hostname=a.b", "/etc/pki", "a.b", "nbds://h/x?tls-certificates=/etc/pki&tls-hostname=a.b")]
    [InlineData("nbds://h?tls-hostname=a.b&tls-verify-peer=true", null, "a.b", "nbds://h?tls-hostname=a.b")]
    [InlineData("nbds+unix:///x?tls-certificates=my%20pki%26&socket=/s", "my pki&", null, "nbds+unix:///x?socket=/s&tls-certificates=my%20pki%26")]
    public void Parameters_for_tls_are_kept(string text, string? certificates, string? hostName, string canonical)
    {
        Assert.True(NbdUri.TryParse(text, out NbdUri? uri, out string error), error);
        Assert.Equal((certificates, hostName), (uri.TlsCertificates, uri.TlsHostname));
        Assert.Equal(canonical, uri.ToString());
        Assert.True(NbdUri.TryParse(canonical, out NbdUri? again, out _));
        Assert.Equal(uri, again);
    }

    [Theory]
    [InlineData("", "not an NBD URI")]
    [InlineData("http://h/x", "not an NBD URI")]
    [InlineData("nbd:h", "not an NBD URI")]
    [InlineData("nbd+vsock://2/x", "nbd+vsock:// is not supported")]
    [InlineData("nbd://", "no host")]
    [InlineData("nbd:///x", "no host")]
    [InlineData("nbd://h:0", "'0' is not a number")]
    [InlineData("nbd://h:65536", "'65536' is not a number")]
    [InlineData("nbd://h:+1", "'+1' is not a number")]
    [InlineData("nbd://::1/x", "more than one ':'")]
    [InlineData("nbd://[::1/x", "no IPv6 address")]
    [InlineData("nbd://[1.2.3.4]/x", "no IPv6 address")]
    [InlineData("nbd://user@h/x", "a user")]
    [InlineData("nbd://h/x#y", "'#'")]
    [InlineData("nbd://h/%4", "two hexadecimal digits")]
    [InlineData("nbd://h/%zz", "two hexadecimal digits")]
    [InlineData("nbd://h/%ff", "not UTF-8")]
    [InlineData("nbd://h/a%00", "NUL")]
    [InlineData("nbd://h/x?socket=/s", "belongs to a unix socket")]
    [InlineData("nbd://h/x?colour=red", "'colour' is unknown")]
    [InlineData("nbds://h/x?tls-type=psk", "'tls-type' is unknown")]
    [InlineData("nbds://h/x?tls-psk-file=/k", "pre-shared keys")]
    [InlineData("nbds://h/x?tls-username=me", "pre-shared keys")]
    [InlineData("nbds://me@h/x", "pre-shared keys")]
    [InlineData("nbds://h/x?tls-verify-peer=false", "--fingerprint")]
    [InlineData("nbds://h/x?tls-verify-peer=0", "--fingerprint")]
    [InlineData("nbds://h/x?tls-certificates=", "'tls-certificates' has no value")]
    [InlineData("nbds://h/x?tls-certificates=/a&tls-certificates=/b", "twice")]
    [InlineData("nbds://h/x?tls-hostname=a&tls-hostname=b", "twice")]
    [InlineData("nbds://h/x?tls-hostname=a%0ab", "control characters")]
    [InlineData("nbd://h/x?tls-hostname=a", "write nbds://")]
    [InlineData("nbd+unix:///x?socket=/s&tls-certificates=/d", "write nbds://")]
    [InlineData("nbd+unix:///x", "names no socket")]
    [InlineData("nbd+unix:///x?socket=", "names no socket")]
    [InlineData("nbd+unix://h/x?socket=/s", "has no host")]
    [InlineData("nbd+unix:///x?socket=/s&socket=/t", "several servers")]
    public void A_wrong_uri_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(NbdUri.TryParse(text, out _, out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_sockets_that_are_too_long_are_refused()
    {
        Assert.True(NbdUri.TryParse("nbd://h/" + new string('x', 4096), out NbdUri? uri, out _));
        Assert.False(NbdUri.TryParse("nbd://h/" + new string('x', 4097), out _, out _));
        Assert.True(NbdUri.TryParse("nbd+unix:///?socket=" + new string('x', 107), out _, out _));
        Assert.False(NbdUri.TryParse("nbd+unix:///?socket=" + new string('x', 108), out _, out _));
        Assert.Throws<ArgumentException>(() => uri with { ExportName = new string('x', 4097) });
        Assert.Throws<ArgumentException>(() => uri with { ExportName = "a\0" });
    }

    [Theory]
    [InlineData("nbd://b,a:10810,[::1]/x", "nbd://[::1],a:10810,b/x", 3)]
    [InlineData("nbd://a/x", "nbd://a/x", 1)]
    [InlineData("nbd://a,a:10809/x", "nbd://a/x", 1)]
    [InlineData("nbds://b,a", "nbds://a,b", 2)]
    [InlineData("nbd+unix:///x?socket=/t&socket=/s,1", "nbd+unix:///x?socket=/s%2C1&socket=/t", 2)]
    public void A_uri_may_name_several_servers(string text, string joined, int count)
    {
        Assert.True(NbdUri.TryParseAll(text, out IReadOnlyList<NbdUri>? servers, out string error), error);
        Assert.Equal(count, servers.Count);
        Assert.Equal(joined, NbdUri.Join(servers));
        Assert.True(NbdUri.TryParseAll(joined, out IReadOnlyList<NbdUri>? again, out _));
        Assert.Equal(servers.ToHashSet(), again.ToHashSet());
    }

    [Theory]
    [InlineData("nbd://a,/x", "names no host")]
    [InlineData("nbd://a,b:0/x", "'0' is not a number")]
    public void Each_of_several_servers_must_be_right(string text, string reason)
    {
        Assert.False(NbdUri.TryParseAll(text, out _, out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}
