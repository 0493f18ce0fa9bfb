using System.Text;
using VdiFs.Nbd.Protocol;
using Xunit;

namespace VdiFs.Tests.Nbd.Protocol;

public sealed class ServerTextTests
{
    [Fact]
    public void Shown_replaces_what_could_move_a_cursor()
    {
        Assert.Equal("a?[31mb?c", ServerText.Shown("a\u001b[31mb\nc"u8));
    }

    [Fact]
    public void Shown_is_cut_at_200_characters()
    {
        Assert.Equal(new string('x', 200) + "...", ServerText.Shown(Encoding.UTF8.GetBytes(new string('x', 4096))));
    }

    [Fact]
    public void Names_are_strict_utf8_of_at_most_4096_bytes()
    {
        Assert.True(ServerText.TryDecode("\u00e4"u8, out string decoded));
        Assert.Equal("\u00e4", decoded);
        Assert.True(ServerText.TryDecode(new byte[4096].Select(_ => (byte)'x').ToArray(), out _));
        Assert.False(ServerText.TryDecode(new byte[4097].Select(_ => (byte)'x').ToArray(), out _));
        Assert.False(ServerText.TryDecode([0xff], out _));
        Assert.False(ServerText.TryDecode("a\0b"u8, out _));
    }
}
