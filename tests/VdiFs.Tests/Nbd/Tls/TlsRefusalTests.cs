using System.Security.Authentication;
using VdiFs.Nbd;
using VdiFs.Nbd.Tls;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

public sealed class TlsRefusalTests
{
    [Theory]
    [InlineData("ssl/tls alert certificate required", false)]
    [InlineData("tlsv1 alert unknown ca", false)]
    [InlineData("the connection was reset", true)]
    public void What_a_server_refuses_is_not_waited_for(string said, bool isTransient)
    {
        TlsFailureException cause = new(new IOException("", new AuthenticationException(said)));
        Assert.Equal(isTransient, new NbdException(NbdErrorKind.HandshakeFailed, "", cause).IsTransient);
    }
}
