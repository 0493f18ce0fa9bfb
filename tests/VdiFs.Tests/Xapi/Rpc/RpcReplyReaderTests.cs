using System.Text;
using System.Text.Json;
using VdiFs.Xapi.Rpc;
using Xunit;

namespace VdiFs.Tests.Xapi.Rpc;

public sealed class RpcReplyReaderTests
{
    [Fact]
    public async Task A_result_is_read_whatever_else_comes_and_in_whatever_order()
    {
        RpcReply<JsonElement> reply = await ReadAsync("""{"x":[1,{}],"id":1,"result":{"a":NaN},"jsonrpc":"2.0"}""");
        Assert.Null(reply.Fault);
        Assert.Equal("NaN", reply.Result.GetProperty("a").GetString());
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"message":"HANDLE_INVALID","data":["VDI","OpaqueRef:1"]},"id":1}""")]
    [InlineData("""{"result":null,"error":["HANDLE_INVALID","VDI","OpaqueRef:1"],"id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","error":["HANDLE_INVALID","VDI","OpaqueRef:1"],"id":0}""")]
    public async Task An_error_is_read_in_each_of_its_shapes(string text)
    {
        RpcFault fault = (await ReadAsync(text)).Fault!;
        Assert.Equal("HANDLE_INVALID", fault.Code);
        Assert.Equal(["VDI", "OpaqueRef:1"], fault.Parameters);
    }

    [Fact]
    public async Task An_error_array_of_a_booting_host_has_no_parameters()
    {
        RpcFault fault = (await ReadAsync("""{"jsonrpc":"2.0","error":["HOST_STILL_BOOTING"],"id":0}""")).Fault!;
        Assert.Equal("HOST_STILL_BOOTING", fault.Code);
        Assert.Empty(fault.Parameters);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"error":{"code":1},"id":1}""")]
    [InlineData("""{"error":[],"id":1}""")]
    [InlineData("""{"error":7,"id":1}""")]
    [InlineData("""[]""")]
    [InlineData("""<html>""")]
    [InlineData("")]
    public async Task What_is_no_reply_is_refused(string text)
    {
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(text));
    }

    [Fact]
    public async Task A_reply_that_ends_early_is_refused_wherever_it_ends()
    {
        const string Whole = """{"jsonrpc":"2.0","result":{"a":[1,2,"x"]},"id":1}""";
        Assert.Null((await ReadAsync(Whole)).Fault);
        for (int length = 0; length < Whole.Length; length++)
        {
            await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(Whole[..length]));
        }
    }

    [Fact]
    public async Task A_value_and_a_whole_reply_have_their_limits()
    {
        string text = $$"""{"result":"{{new string('x', 300_000)}}"}""";
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(text, totalLimit: 200_000));
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(text, valueLimit: 100_000));
        Assert.Equal(300_000, (await ReadAsync(text)).Result.GetString()!.Length);
    }

    [Fact]
    public async Task Many_small_values_pass_through_a_small_window()
    {
        StringBuilder text = new("[0");
        for (int i = 1; i < 50_000; i++)
        {
            text.Append(null, $",{i}");
        }

        JsonFeed feed = new(
            new DripStream(Encoding.UTF8.GetBytes(text.Append(']').ToString()), 4099), long.MaxValue, 64);
        await RpcReplyReader.ExpectAsync(feed, JsonTokenType.StartArray, CancellationToken.None);
        int expected = 0;
        while (await feed.ItemAsync(CancellationToken.None) is { } item)
        {
            using (item)
            {
                Assert.Equal(expected++, item.RootElement.GetInt32());
            }
        }

        Assert.Equal(50_000, expected);
    }

    private static Task<RpcReply<JsonElement>> ReadAsync(
        string text, long totalLimit = long.MaxValue, int valueLimit = int.MaxValue)
    {
        JsonFeed feed = new(new DripStream(Encoding.UTF8.GetBytes(text), 5000), totalLimit, valueLimit);
        return RpcReplyReader.ReadAsync(feed, RpcReplyReader.ElementAsync, CancellationToken.None);
    }
}
