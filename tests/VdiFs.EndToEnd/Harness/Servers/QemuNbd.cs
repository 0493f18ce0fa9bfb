namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>qemu-nbd, which reads every image format of qemu.</summary>
internal static class QemuNbd
{
    /// <summary>Serves an image on a unix socket.</summary>
    public static NbdServer OnSocket(Bench bench, string image, string format)
    {
        string socket = bench.PathOf("nbd.sock");
        return NbdServer.OnSocket(
            bench, socket, "qemu-nbd", "-r", "-t", "-e", "16", "-k", socket, "-f", format, image);
    }
}
