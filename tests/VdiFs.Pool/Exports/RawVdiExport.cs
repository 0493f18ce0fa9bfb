using System.Globalization;
using System.Text;
using VdiFs.Pool.Http;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Exports;

/// <summary>GET /export_raw_vdi (xen-api: ocaml/xapi/export_raw_vdi.ml), manners and bad manners.</summary>
/// <param name="pool">The pool.</param>
public sealed class RawVdiExport(PoolState pool)
{
    /// <summary>The exact path.</summary>
    public const string Path = "/export_raw_vdi";

    private static readonly (string Name, string Value) Challenge = ("WWW-Authenticate", "Basic realm=\"XAPI\"");

    private int _served;

    /// <summary>Exports that were begun on any host; looking must not begin one.</summary>
    public int Served => Volatile.Read(ref _served);

    /// <summary>Puts the handler into a server's routes.</summary>
    public void Register(HttpRoutes routes) => routes.Add("GET", Path, HandleAsync);

    /// <summary>Answers one request; the connection ends with it.</summary>
    public async Task HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.KeepAlive = false;
        if (pool.Sessions.Find(exchange.Request.Parameters.GetValueOrDefault("session_id", "")) is null)
        {
            await exchange.FailAsync("401 Unauthorised", "authentication failed", cancellationToken, Challenge);
            return;
        }

        if (pool.Faults.ExportStatus is { } status)
        {
            string line = status.ToString(CultureInfo.InvariantCulture) + " Error";
            await exchange.FailAsync(line, "the export was told to fail", cancellationToken);
            return;
        }

        try
        {
            ExportRequest request = ExportRequest.Read(pool, exchange.Request);
            await AnswerAsync(exchange, request, cancellationToken);
        }
        catch (XapiFailureException error)
        {
            await exchange.FailAsync("500 Internal Error", string.Join(" ", error.ErrorInfo), cancellationToken);
        }
    }

    private static string ContentType(ExportFormat format) => format switch
    {
        ExportFormat.Vhd => "application/vhd",
        ExportFormat.Qcow2 => "application/x-qemu-disk",
        _ => "application/octet-stream",
    };

    private async Task AnswerAsync(
        HttpExchange exchange, ExportRequest request, CancellationToken cancellationToken)
    {
        if (!pool.Read(() => request.Vdi.Sr.IsSeenBy(exchange.Host)))
        {
            await RedirectAsync(exchange, request, cancellationToken);
            return;
        }

        ExportTask task = new(pool, exchange.Host, exchange.Request.Parameters.GetValueOrDefault("task_id"));
        if (request.Format is { } format)
        {
            Interlocked.Increment(ref _served);
            await ServeAsync(exchange, request, format, task, cancellationToken);
            return;
        }

        task.Fail(new XapiFailureException("INTERNAL_ERROR", "unknown export format"));
        await exchange.FailAsync("404 Not Found", "unknown format", cancellationToken);
    }

    private Task RedirectAsync(HttpExchange exchange, ExportRequest request, CancellationToken cancellationToken)
    {
        HostObject other = pool.Hosts.FirstOrDefault(
            host => !host.Faults.Dead && pool.Read(() => request.Vdi.Sr.IsSeenBy(host)))
            ?? throw new XapiFailureException("SR_HAS_NO_PBDS", request.Vdi.Sr.Ref);
        string query = string.Join('&', exchange.Request.Parameters.Select(
            one => Uri.EscapeDataString(one.Key) + "=" + Uri.EscapeDataString(one.Value)));
        string port = other.HttpsPort == 443 ? "" : $":{other.HttpsPort}";
        return exchange.FailAsync(
            "302 Found", "", cancellationToken, ("Location", $"https://{other.Address}{port}{Path}?{query}"));
    }

    private async Task ServeAsync(
        HttpExchange exchange,
        ExportRequest request,
        ExportFormat format,
        ExportTask task,
        CancellationToken cancellationToken)
    {
        try
        {
            string head =
                "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-cache, no-store\r\n"
                + $"task-id: {task.Ref}\r\ncontent-type: {ContentType(format)}\r\n"
                + $"content-disposition: attachment; filename=\"{request.Vdi.Uuid}.{Extension(format)}\"\r\n\r\n";
            await exchange.Stream.WriteAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
            await exchange.Stream.FlushAsync(cancellationToken);
            ExportBody body = new(exchange.Stream, pool.Faults, task.Report);
            await new ExportRun(pool, exchange.Host, request).WriteAsync(format, body, cancellationToken);
            task.Succeed();
        }
        catch (XapiFailureException error)
        {
            task.Fail(error);
            await AppendErrorAsync(exchange.Stream, error, cancellationToken);
        }
        catch (Exception error) when (error is ClientGoneException or ExportTruncatedException or IOException)
        {
            task.Fail(ExportRun.IoError());
        }
    }

    private static string Extension(ExportFormat format) => format.ToString().ToLowerInvariant();

    /// <summary>The second reply within the first one's body, as the real one does it.</summary>
    private static async Task AppendErrorAsync(
        Stream stream, XapiFailureException error, CancellationToken cancellationToken)
    {
        string page = "<html><body><h1>HTTP 500 internal server error</h1>An unexpected error occurred; please wait a "
            + "while and try again. If the problem persists, please contact your support representative."
            + $"<h1> Additional information </h1>{string.Join(" ", error.ErrorInfo)}</body></html>";
        string reply = "HTTP/1.1 500 Internal Error\r\nconnection: close\r\ncache-control: no-cache, no-store\r\n"
            + $"content-type: text/html\r\ncontent-length: {page.Length}\r\n\r\n{page}";
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The client did not wait for it.
        }
    }
}
