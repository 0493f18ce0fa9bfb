using VdiFs.Nbd;
using Xunit;

namespace VdiFs.Tests.Nbd;

public sealed class NbdClientOptionsTests
{
    [Fact]
    public void Values_out_of_range_are_refused_by_name()
    {
        Assert.Equal("Connections", RefusedBy(() => new NbdClientOptions { Connections = 0 }));
        Assert.Equal("Connections", RefusedBy(() => new NbdClientOptions { Connections = 65 }));
        Assert.Equal("RequestsInFlight", RefusedBy(() => new NbdClientOptions { RequestsInFlight = 1025 }));
        Assert.Equal("ConnectTimeout", RefusedBy(() => new NbdClientOptions { ConnectTimeout = TimeSpan.Zero }));
    }

    private static string? RefusedBy(Func<NbdClientOptions> options) =>
        Assert.Throws<ArgumentOutOfRangeException>(options).ParamName;
}
