using VdiFs.Pool.Exports;
using VdiFs.Pool.Http;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>Exports asked of a pool's hosts, without a network between.</summary>
internal static class ExportBench
{
    /// <summary>GET /export_raw_vdi on the first host; parameters without a value are left out.</summary>
    public static async Task<ExportReply> ExportAsync(
        PoolBench bench,
        VdiObject vdi,
        string? format,
        VdiObject? baseVdi = null,
        TaskObject? task = null,
        int host = 0)
    {
        using MemoryStream stream = new();
        await SendAsync(bench, stream, Parameters(bench, vdi.Uuid, format, baseVdi?.Ref, task?.Ref), host);
        return ExportReply.Parse(stream.ToArray());
    }

    public static Dictionary<string, string> Parameters(
        PoolBench bench, string vdi, string? format, string? baseVdi = null, string? task = null)
    {
        Dictionary<string, string> parameters = new() { ["vdi"] = vdi, ["session_id"] = bench.Session };
        (string Name, string? Value)[] optional = [("format", format), ("base", baseVdi), ("task_id", task)];
        foreach ((string name, string? value) in optional.Where(one => one.Value is not null))
        {
            parameters[name] = value!;
        }

        return parameters;
    }

    public static async Task SendAsync(
        PoolBench bench, Stream stream, Dictionary<string, string> parameters, int host = 0)
    {
        HttpRequest request = new()
        {
            Method = "GET",
            Path = RawVdiExport.Path,
            Version = "HTTP/1.1",
            Headers = new Dictionary<string, string>(),
            Parameters = parameters,
        };
        HttpRoutes routes = new();
        new RawVdiExport(bench.State).Register(routes);
        HttpExchange exchange = new(request, stream, bench.Hosts[host], "127.0.0.1");
        await routes.Find(request)!(exchange, TestContext.Current.CancellationToken);
        Assert.False(exchange.KeepAlive);
    }

    public static TaskObject NewTask(PoolBench bench) =>
        bench.State.Add(new TaskObject(bench.State) { IsClients = true });
}
