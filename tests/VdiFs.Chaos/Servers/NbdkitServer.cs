using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Servers;

/// <summary>nbdkit with its filters.</summary>
internal static class NbdkitServer
{
    /// <summary>
    /// Starts nbdkit; the arguments are filters, plugin and their parameters, asked for at each start.
    /// </summary>
    public static ServerProcess Start(Bench bench, ServerSpot spot, Func<IReadOnlyList<string>> arguments)
    {
        ServerProcess server = Create(bench, spot, arguments);
        server.Start();
        return server;
    }

    /// <summary>Starts nbdkit on an image file.</summary>
    public static ServerProcess Start(Bench bench, ServerSpot spot, string image) =>
        Start(bench, spot, () => ["file", image]);

    /// <summary>As Start, but leaves the first start to the caller.</summary>
    public static ServerProcess Create(Bench bench, ServerSpot spot, Func<IReadOnlyList<string>> arguments) =>
        bench.Own(new ServerProcess(
            () => [.. spot.Prefix, "nbdkit", "-f", "-r", "-P", spot.PidFile, .. spot.NbdkitOptions, .. arguments()],
            spot.PidFile,
            spot.Socket));
}
