using VdiFs.Nbd;
using Xunit;

namespace VdiFs.Tests.Nbd;

public sealed class NbdClientOptionsTests
{
    [Fact]
    public void Values_out_of_range_are_refused_by_name()
    {
        Assert.Equal("Connections", Assert.Throws<ArgumentOutOfRangeException>(() => new NbdClientOptions { Connections = 0 }).ParamName);
        Assert.Equal("Connections", Assert.Throws<ArgumentOutOfRangeException>(() => new NbdClientOptions { Connections = 65 }).ParamName);
        Assert.Equal("RequestsInFlight", Assert.Throws<ArgumentOutOfRangeException>(() => new NbdClientOptions { RequestsInFlight = 1025 }).ParamName);
        Assert.Equal("ConnectTimeout", Assert.Throws<ArgumentOutOfRangeException>(() => new NbdClientOptions { ConnectTimeout = TimeSpan.Zero }).ParamName);
    }
}
