using System.Net;
using VdiFs.Xapi.Http;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Session;

namespace VdiFs.Xapi.Exports;

/// <summary>One GET of /export_raw_vdi, to the host that sees the disk, and the head of its body.</summary>
internal sealed class ExportConversation(XapiSession session, ExportRequest request, OpaqueRef task)
{
    private HostPort _place = session.PlaceOf(request.HostAddress);

    /// <exception cref="XapiException">Any kind but Timeout.</exception>
    public async Task<ExportedAllocation> ReadAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage reply = await OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Stream stream = await reply.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                ExportBody body = new(stream);
                return request.Format == ExportFormat.Vhd
                    ? await VhdAllocationReader.ReadAsync(body, request.VirtualSizeBytes, cancellationToken)
                        .ConfigureAwait(false)
                    : await Qcow2AllocationReader.ReadAsync(body, request.VirtualSizeBytes, cancellationToken)
                        .ConfigureAwait(false);
            }
        }
        catch (Exception cause) when (HostClient.IsTransport(cause, cancellationToken))
        {
            throw new XapiException(
                XapiErrorKind.BadExport, $"the export from {_place} broke off before its tables ended", cause);
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(CancellationToken cancellationToken)
    {
        SessionTicket ticket = session.Ticket;
        bool isRenewed = false;
        for (int redirects = 0; ;)
        {
            HttpResponseMessage reply = await session
                .GetAsync(_place, PathAndQuery(ticket), cancellationToken).ConfigureAwait(false);
            if (reply.StatusCode == HttpStatusCode.OK)
            {
                return reply;
            }

            using (reply)
            {
                if (reply.StatusCode == HttpStatusCode.Found && redirects < XapiLimits.Redirects)
                {
                    redirects++;
                    _place = await NextAsync(reply, cancellationToken).ConfigureAwait(false);
                }
                else if (reply.StatusCode == HttpStatusCode.Unauthorized && !isRenewed)
                {
                    isRenewed = true;
                    ticket = await session.CheckTicketAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    throw Refusal(reply.StatusCode);
                }
            }
        }
    }

    /// <summary>
    /// The host that the reply sends us to. Only its address is taken: the query is our own again, for it has the
    /// session.
    /// </summary>
    private async Task<HostPort> NextAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        if (reply.Headers.Location is not { IsAbsoluteUri: true, Scheme: "https", Host.Length: > 0 } location)
        {
            throw new XapiException(XapiErrorKind.Http, $"{_place} redirects the export to no address over HTTPS")
            {
                Status = (int)reply.StatusCode,
            };
        }

        HostPort next = new(location.Host.Trim('[', ']'), location.Port);
        await session.IntroduceAsync(next.Host, cancellationToken).ConfigureAwait(false);
        return next;
    }

    private XapiException Refusal(HttpStatusCode status) => new(
        XapiErrorKind.Http,
        status switch
        {
            HttpStatusCode.Found => $"{_place}: the hosts of the pool send the export in circles",
            HttpStatusCode.Unauthorized => $"{_place} does not accept the session for an export",
            HttpStatusCode.Forbidden => "the user's role does not permit exports; vm-admin or more is needed",
            HttpStatusCode.NotFound =>
                $"{_place} does not know exports in the format {FormatName}; its XAPI is too old",
            _ => $"{_place} refuses the export with HTTP {(int)status}",
        })
    {
        Status = (int)status,
    };

    private string FormatName => request.Format == ExportFormat.Vhd ? "vhd" : "qcow2";

    // XAPI prepares to match paths exactly: no slash at the end.
    private string PathAndQuery(SessionTicket ticket) =>
        $"/export_raw_vdi?vdi={Uri.EscapeDataString(request.Vdi.ToString())}&format={FormatName}"
        + $"&session_id={Uri.EscapeDataString(ticket.Token)}&task_id={Uri.EscapeDataString(task.ToString())}";
}
