using VdiFs.Pool.Content;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Nbd;

/// <summary>The transmission phase.</summary>
public sealed class RequestTests
{
    private const uint Einval = 22;
    private const uint Eperm = 1;
    private const int Piece = 512 * 1024;

    [Fact]
    public async Task A_read_is_answered_with_its_cookie_and_its_bytes()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(0xfedcba9876543210, 1024, 3 << 20);
        await client.ExpectAsync(Wire.Simple(0xfedcba9876543210, 0), await bench.DiskBytesAsync(1024, 3 << 20));
    }

    [Fact]
    public async Task A_read_of_nothing_is_a_header()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(1, 512, 0);
        await client.SendReadAsync(2, PoolBench.DiskBytes - 512, 512);
        await client.ExpectAsync(Wire.Simple(1, 0), Wire.Simple(2, 0));
    }

    [Fact]
    public async Task Requests_are_answered_one_by_one_in_order()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        await using PoolClient client = await bench.OpenAsync();
        TimeSpan delay = TimeSpan.FromSeconds(1);
        bench.Hosts[0].Faults.NbdLatency = delay;
        await client.SendAsync(PoolClient.Request(0, 1, 0, 512), PoolClient.Request(0, 2, 512, 512));
        await clock.WaitedForAsync(delay);
        Assert.False(client.HasMore);
        clock.Advance(delay);
        await client.ExpectAsync(Wire.Simple(1, 0), await bench.DiskBytesAsync(0, 512));
        await clock.WaitedForAsync(delay);
        Assert.False(client.HasMore);
        clock.Advance(delay);
        await client.ExpectAsync(Wire.Simple(2, 0), await bench.DiskBytesAsync(512, 512));
    }

    [Theory]
    [InlineData(1, 512)]
    [InlineData(0, 511)]
    [InlineData(256, 256)]
    [InlineData(-1, 512)]
    public async Task A_misaligned_read_is_invalid_and_ends_the_connection(long offset, uint length) =>
        await ExpectRefusalAsync(PoolClient.Request(0, 5, offset, length), Einval);

    [Fact]
    public async Task A_write_is_not_permitted_and_ends_the_connection() =>
        await ExpectRefusalAsync(PoolClient.Request(1, 5, 0, 512), Eperm);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(4711)]
    public async Task Any_other_command_is_invalid_and_ends_the_connection(uint type) =>
        await ExpectRefusalAsync(PoolClient.Request(type, 5, 0, 512), Einval);

    [Theory]
    [InlineData(0x00010000)]
    [InlineData(0x00040000)]
    [InlineData(0x00010002)]
    public async Task A_command_with_a_flag_is_unknown(uint flagsAndType) =>
        await ExpectRefusalAsync(PoolClient.Request(flagsAndType, 5, 0, 512), Einval);

    [Fact]
    public async Task A_disconnect_ends_the_connection_after_the_vbd_is_gone()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.LeaveAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Theory]
    [InlineData(PoolBench.DiskBytes, 512)]
    [InlineData(PoolBench.DiskBytes - 512, 1024)]
    [InlineData(1L << 62, 512)]
    [InlineData(-512, 512)]
    [InlineData(0, 0x80000000)]
    public async Task A_read_past_the_end_is_an_ok_header_and_an_end(long offset, uint length)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(5, offset, length);
        await client.ExpectAsync(Wire.Simple(5, 0));
        await client.ExpectEndAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task Whole_pieces_before_the_end_of_the_disk_are_sent()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(5, PoolBench.DiskBytes - Piece - 512, Piece + 1024);
        await client.ExpectAsync(
            Wire.Simple(5, 0), await bench.DiskBytesAsync(PoolBench.DiskBytes - Piece - 512, Piece));
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task An_error_of_the_disk_comes_after_the_pieces_before_it_as_an_end()
    {
        await using PoolBench bench = new();
        bench.Disk.BadRanges = [new ByteRange((2 * Piece) - 512, 512)];
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(5, 0, 2 * Piece);
        await client.ExpectAsync(Wire.Simple(5, 0), await bench.DiskBytesAsync(0, Piece));
        await client.ExpectEndAsync();
        await using PoolClient again = await bench.OpenAsync();
        await again.SendReadAsync(6, Piece, 8192);
        await again.ExpectAsync(Wire.Simple(6, 0), await bench.DiskBytesAsync(Piece, 8192));
    }

    [Fact]
    public async Task A_wrong_magic_ends_the_connection()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendAsync(Wire.Hex("25609514"), new byte[24]);
        await client.ExpectEndAsync();
    }

    private static async Task ExpectRefusalAsync(byte[] request, uint error)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        await client.SendAsync(request);
        await client.ExpectAsync(Wire.Simple(5, error));
        await client.ExpectEndAsync();
        Assert.Empty(bench.Dom0Vbds);
    }
}
