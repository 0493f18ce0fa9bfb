using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;

namespace VdiFs.Xapi.Rpc;

/// <summary>The body of a call, which tells when it goes out.</summary>
internal sealed class RpcContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly Action? _sending;

    /// <param name="body">The call as JSON.</param>
    /// <param name="sending">Done before its first byte is given to the connection.</param>
    public RpcContent(ReadOnlyMemory<byte> body, Action? sending)
    {
        _body = body;
        _sending = sending;
        Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _sending?.Invoke();
        return stream.WriteAsync(_body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
