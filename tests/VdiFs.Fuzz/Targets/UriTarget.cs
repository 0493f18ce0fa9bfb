using System.Text;
using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>What a user may write as a source: it comes back from its canonical text, or is refused.</summary>
internal static class UriTarget
{
    public static void Execute(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (!NbdUri.TryParse(text, out NbdUri? uri, out string error))
        {
            if (error.Length == 0)
            {
                throw new FuzzFailureException("refused without a reason");
            }

            return;
        }

        string canonical = uri.ToString();
        if (!NbdUri.TryParse(canonical, out NbdUri? again, out string reason)
            || again != uri
            || again.ToString() != canonical)
        {
            throw new FuzzFailureException($"'{text}' becomes '{canonical}', which is another address ({reason})");
        }
    }

    public static IReadOnlyList<byte[][]> Seeds() =>
    [
        Parts("nbd", "://", "localhost", ":", "10809", "/", "disk"),
        Parts("nbd", "://", "[::1]", ":", "1", "/", "a%20b%2Fc"),
        Parts("nbds", "://", "EXAMPLE.org", "/"),
        Parts("nbd", "+unix", ":///", "disk", "?", "socket=", "/run/nbd.sock"),
        Parts("nbds", "+unix", "://", "/", "?", "socket=", "%00abstract", "&", "tls-hostname=", "a"),
        Parts("nbd", "://", "[fe80::1%25lo]", "/", "..", "/", "%E2%82%AC"),
        Parts("nbd", "://", "a", ",", "b:2", "/", "disk"),
    ];

    private static byte[][] Parts(params string[] parts) => [.. parts.Select(Encoding.UTF8.GetBytes)];
}
