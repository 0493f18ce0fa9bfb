using System.Text;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>What an export sent, cut at the end of its header.</summary>
internal sealed class ExportReply
{
    private ExportReply(string head, byte[] body)
    {
        Head = head;
        Body = body;
    }

    /// <summary>Status line and header fields.</summary>
    public string Head { get; }

    public byte[] Body { get; }

    public string StatusLine => Head[..Head.IndexOf('\r', StringComparison.Ordinal)];

    public string BodyText => Encoding.Latin1.GetString(Body);

    public static ExportReply Parse(byte[] sent)
    {
        int end = sent.AsSpan().IndexOf("\r\n\r\n"u8);
        return new ExportReply(Encoding.Latin1.GetString(sent, 0, end + 2), sent[(end + 4)..]);
    }

    /// <summary>A header field's value; null when there is none.</summary>
    public string? Field(string name) => Head.Split("\r\n")
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .SingleOrDefault();
}
