using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Nbd;

/// <summary>Every row and column of the table of options.</summary>
public sealed class OptionTableTests
{
    private const uint Ack = 1;
    private const uint Unsupported = 0x80000001;
    private const uint Policy = 0x80000002;
    private const uint Invalid = 0x80000003;
    private const uint TlsRequired = 0x80000005;

    public static readonly TheoryData<uint> Others = [4, 6, 7, 8, 9, 10, 4711];

    [Fact]
    public async Task Before_tls_starttls_is_acknowledged_and_tls_begins()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await ReadyAsync(bench, tls: true);
        await client.SendOptionAsync(3, "");
        await client.ExpectAsync(Wire.OptionReply(3, Policy));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Before_tls_an_export_name_and_an_abort_are_dropped_without_reply(uint option)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await ReadyAsync(bench, tls: false);
        await client.SendOptionAsync(option, option == 1 ? bench.ExportName : "");
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(3)]
    [MemberData(nameof(Others))]
    public async Task Before_tls_all_else_needs_tls_first_and_haggling_goes_on(uint option)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await ReadyAsync(bench, tls: false);
        await client.SendOptionAsync(option, "some data");
        await client.ExpectAsync(Wire.OptionReply(option, TlsRequired));
        await client.StartTlsAsync();
    }

    [Theory]
    [InlineData("nbd", Invalid)]
    [InlineData("insecure_nbd", Policy)]
    public async Task Starttls_is_invalid_inside_tls_and_against_policy_without(string purpose, uint reply)
    {
        await using PoolBench bench = new(purpose);
        await using PoolClient client = await ReadyAsync(bench, purpose == "nbd");
        await client.SendOptionAsync(5, "");
        await client.ExpectAsync(Wire.OptionReply(5, reply));
        await client.SendOptionAsync(1, bench.ExportName);
        await client.ExpectAsync(PoolClient.ExportReply(PoolBench.DiskBytes));
    }

    [Theory]
    [InlineData("nbd")]
    [InlineData("insecure_nbd")]
    public async Task An_export_name_is_answered_with_134_bytes_and_ends_the_haggling(string purpose)
    {
        await using PoolBench bench = new(purpose);
        await using PoolClient client = await ReadyAsync(bench, purpose == "nbd");
        await client.SendOptionAsync(1, bench.ExportName);
        await client.ExpectAsync(PoolClient.ExportReply(PoolBench.DiskBytes));
        await client.SendReadAsync(9, 0, 512);
        await client.ExpectAsync(Wire.Simple(9, 0), await bench.DiskBytesAsync(0, 512));
    }

    [Theory]
    [InlineData("nbd")]
    [InlineData("insecure_nbd")]
    public async Task An_abort_is_acknowledged_and_ends_the_connection(string purpose)
    {
        await using PoolBench bench = new(purpose);
        await using PoolClient client = await ReadyAsync(bench, purpose == "nbd");
        await client.SendOptionAsync(2, "");
        await client.ExpectAsync(Wire.OptionReply(2, Ack));
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData("nbd")]
    [InlineData("insecure_nbd")]
    public async Task A_list_is_against_policy_and_haggling_goes_on(string purpose)
    {
        await using PoolBench bench = new(purpose);
        await using PoolClient client = await ReadyAsync(bench, purpose == "nbd");
        await client.SendOptionAsync(3, "");
        await client.ExpectAsync(Wire.OptionReply(3, Policy));
        await client.SendOptionAsync(2, "");
        await client.ExpectAsync(Wire.OptionReply(2, Ack));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Inside_tls_all_else_is_unsupported_and_haggling_goes_on(uint option) =>
        await ExpectUnsupportedAsync("nbd", option);

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Without_tls_all_else_is_unsupported_and_haggling_goes_on(uint option) =>
        await ExpectUnsupportedAsync("insecure_nbd", option);

    private static async Task ExpectUnsupportedAsync(string purpose, uint option)
    {
        await using PoolBench bench = new(purpose);
        await using PoolClient client = await ReadyAsync(bench, purpose == "nbd");
        await client.SendOptionAsync(option, "some data");
        await client.ExpectAsync(Wire.OptionReply(option, Unsupported));
        await client.SendOptionAsync(2, "");
        await client.ExpectAsync(Wire.OptionReply(2, Ack));
    }

    private static async Task<PoolClient> ReadyAsync(PoolBench bench, bool tls)
    {
        PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls);
        return client;
    }
}
