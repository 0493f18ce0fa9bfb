using System.Globalization;
using System.Text;

namespace VdiFs.Pool.Http;

/// <summary>Reads requests from one connection, within XAPI's limits.</summary>
internal sealed class HttpRequestReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[HttpLimits.HeaderBytes];
    private int _filled;

    /// <summary>The next request; null when the client is done.</summary>
    /// <exception cref="HttpRefusalException">It breaks a rule of the server.</exception>
    public async Task<HttpRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        string? head = await ReadHeadAsync(cancellationToken);
        if (head is null)
        {
            return null;
        }

        string[] lines = head.Split("\r\n");
        string[] start = lines[0].Split(' ');
        if (start.Length != 3 || !start[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            throw new HttpRefusalException("400 Bad Request", "the request line is none");
        }

        Dictionary<string, string> headers = Headers(lines.Skip(1));
        int question = start[1].IndexOf('?', StringComparison.Ordinal);
        return new HttpRequest
        {
            Method = start[0],
            Path = question < 0 ? start[1] : start[1][..question],
            Version = start[2],
            Headers = headers,
            Parameters = Parameters(question < 0 ? "" : start[1][(question + 1)..], headers),
            Body = start[0] == "POST" ? await ReadBodyAsync(headers, cancellationToken) : [],
        };
    }

    private static Dictionary<string, string> Headers(IEnumerable<string> lines)
    {
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new HttpRefusalException("400 Bad Request", "a header field has no colon");
            }

            headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }

        return headers;
    }

    private static Dictionary<string, string> Parameters(string query, Dictionary<string, string> headers)
    {
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        IEnumerable<string> pairs = headers.GetValueOrDefault("cookie", "").Split(';').Concat(query.Split('&'));
        foreach (string[] pair in pairs.Select(pair => pair.Trim().Split('=', 2)).Where(pair => pair.Length == 2))
        {
            parameters[Uri.UnescapeDataString(pair[0])] = Uri.UnescapeDataString(pair[1].Replace('+', ' '));
        }

        return parameters;
    }

    private async Task<string?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                string head = Encoding.UTF8.GetString(_buffer, 0, end);
                Drop(end + 4);
                return head;
            }

            if (_filled == _buffer.Length)
            {
                throw new HttpRefusalException("431 Request Header Fields Too Large", "the header block is too long");
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            _filled += read;
        }
    }

    private async Task<byte[]> ReadBodyAsync(Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (!headers.TryGetValue("content-length", out string? text)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            throw new HttpRefusalException("500 Internal Server Error", "We require a content-length: HTTP header");
        }

        if (length > HttpLimits.BodyBytes)
        {
            throw new HttpRefusalException("500 Internal Server Error", "the body is too long");
        }

        byte[] body = new byte[length];
        int buffered = Math.Min(_filled, body.Length);
        _buffer.AsSpan(0, buffered).CopyTo(body);
        Drop(buffered);
        await stream.ReadExactlyAsync(body.AsMemory(buffered), cancellationToken);
        return body;
    }

    private void Drop(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }
}
