using System.Text;
using VdiFs.Xapi.Rpc;
using Xunit;

namespace VdiFs.Tests.Xapi.Rpc;

public sealed class BareNumberFilterTests
{
    [Theory]
    [InlineData("""[Infinity,-Infinity,NaN]""", """["Infinity","-Infinity","NaN"]""")]
    [InlineData("""{"a":NaN ,"b":-1.5e-3}""", """{"a":"NaN" ,"b":-1.5e-3}""")]
    [InlineData("""["Infinity -NaN \" Infinity","\\"]""", """["Infinity -NaN \" Infinity","\\"]""")]
    [InlineData("""[true,false,null,-0]""", """[true,false,null,-0]""")]
    [InlineData("""{"NaN":NaN}""", """{"NaN":"NaN"}""")]
    public void Bare_words_become_strings_wherever_the_pieces_end(string input, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(input);
        for (int size = 1; size <= bytes.Length; size++)
        {
            BareNumberFilter filter = new();
            StringBuilder output = new();
            foreach (byte[] piece in bytes.Chunk(size))
            {
                byte[] room = new byte[BareNumberFilter.LongestOutput(piece.Length)];
                output.Append(Encoding.UTF8.GetString(room, 0, filter.Filter(piece, room)));
            }

            Assert.Equal(expected, output.ToString());
        }
    }
}
