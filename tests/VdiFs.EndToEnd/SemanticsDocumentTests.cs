using System.Runtime.CompilerServices;
using System.Text;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.EndToEnd;

/// <summary>Executes the examples of docs/SEMANTICS.md, in their order, and compares what they print.</summary>
public sealed class SemanticsDocumentTests : EndToEndTest
{
    private const string Fence = "```";
    private const string Prompt = "$ ";

    [Fact]
    public void Every_example_prints_what_the_page_says()
    {
        string image = Path.Combine(Bench.Directory, "image.raw");
        MakeImage(image);
        VdifsMount mount = VdifsMount.Start(Bench, image, "--snapshot-time", "2026-01-31T02:00:00Z");
        (string script, string expected) = Read(File.ReadAllLines(Page()));
        string transcript = Command.BashOk(
            $$"""
            export MNT="$1" PATH="$2:$PATH" TZ=UTC LC_ALL=C
            cd "$3"
            exec 2>&1
            set +e
            {{script}}
            true
            """,
            mount.Directory,
            Path.GetDirectoryName(RunRoot.Vdifs)!,
            Bench.Directory);
        Assert.Equal(expected.Replace("$MNT", mount.Directory, StringComparison.Ordinal), transcript);
    }

    /// <summary>All commands as one script that repeats each before it runs it, and the transcript it must
    /// give.</summary>
    private static (string Script, string Expected) Read(string[] lines)
    {
        StringBuilder script = new();
        StringBuilder expected = new();
        bool inExample = false;
        foreach (string line in lines)
        {
            if (line.StartsWith(Fence, StringComparison.Ordinal))
            {
                inExample = line == Fence + "console";
            }
            else if (inExample)
            {
                expected.Append(line.StartsWith(Prompt, StringComparison.Ordinal) ? Mark(line) : line).Append('\n');
                if (line.StartsWith(Prompt, StringComparison.Ordinal))
                {
                    script.Append("echo '").Append(Mark(line)).Append("'\n").Append(line[Prompt.Length..]).Append('\n');
                }
            }
        }

        Assert.True(script.Length > 0, "the page has no examples");
        return (script.ToString(), expected.ToString());
    }

    /// <summary>The image that the page's introduction makes.</summary>
    private static void MakeImage(string path)
    {
        const long HoleEnd = 1 << 20;
        using FileStream image = File.Create(path);
        image.Write(Repeat("vdifs\n"u8, 65536));
        image.Position = HoleEnd;
        image.Write(Repeat("end\n"u8, 512));
    }

    private static byte[] Repeat(ReadOnlySpan<byte> text, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = text[i % text.Length];
        }

        return bytes;
    }

    private static string Page([CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "docs", "SEMANTICS.md");

    // A command in the transcript, without the characters that the shell or the mount point would change.
    private static string Mark(string line) => Prompt + line.Count(char.IsLetter) + " letters";
}
