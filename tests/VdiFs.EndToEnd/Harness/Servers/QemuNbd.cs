using System.Globalization;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>qemu-nbd, which reads every image format of qemu.</summary>
internal static class QemuNbd
{
    /// <summary>Serves an image on a unix socket.</summary>
    public static NbdServer OnSocket(Bench bench, string image, string format) =>
        Serve(bench, image, format);

    /// <summary>Serves a raw image one of whose sectors cannot be read.</summary>
    public static NbdServer WithBadSector(Bench bench, string image, long sector)
    {
        // docs/devel/blkdebug.txt of QEMU: each request that touches the sector fails, each time.
        string rules = bench.PathOf("blkdebug.conf");
        File.WriteAllText(
            rules,
            string.Create(
                CultureInfo.InvariantCulture,
                $"[inject-error]\nevent = \"read_aio\"\nerrno = \"5\"\nsector = \"{sector}\"\n"));
        return Serve(bench, $"blkdebug:{rules}:{image}", "raw");
    }

    private static NbdServer Serve(Bench bench, string image, string format)
    {
        string socket = bench.PathOf("nbd.sock");
        return NbdServer.OnSocket(
            bench, socket, "qemu-nbd", "-r", "-t", "-e", "16", "-k", socket, "-f", format, image);
    }
}
