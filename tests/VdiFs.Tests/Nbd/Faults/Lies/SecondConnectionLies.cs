using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>A second connection that finds another export under the same name.</summary>
internal static class SecondConnectionLies
{
    private const int Flags = 0x103;
    private static readonly (uint Minimum, uint Preferred, uint Maximum) Sizes = (512, 4096, 65_536);

    private static readonly (string Name, Func<ServerPeer, Task> Enter)[] Changes =
    [
        ("shrunk by a sector", peer => peer.EnterStructuredAsync((1 << 20) - 512, Flags, Sizes)),
        ("grown by a sector", peer => peer.EnterStructuredAsync((1 << 20) + 512, Flags, Sizes)),
        ("empty", peer => peer.EnterStructuredAsync(0, Flags, Sizes)),
        ("no longer read-only", peer => peer.EnterStructuredAsync(1 << 20, Flags & ~2, Sizes)),
        ("no longer for several connections", peer => peer.EnterStructuredAsync(1 << 20, 3, Sizes)),
        ("another minimum block size", peer => peer.EnterStructuredAsync(1 << 20, Flags, (4096, 4096, 65_536))),
        ("another maximum", peer => peer.EnterStructuredAsync(1 << 20, Flags, (512, 4096, 32_768))),
        ("no structured replies", peer => peer.EnterSimpleAsync(1 << 20, Flags, Sizes)),
    ];

    public static IEnumerable<Lie> All => Changes.Select(change => new Lie(
        "second connection: " + change.Name,
        NbdErrorKind.ExportChanged,
        Questions.ReadOverTwoAsync,
        async peer =>
        {
            await peer.EnterStructuredAsync(1 << 20, Flags, Sizes);
            while (true)
            {
                ScriptedRequest read = await peer.ReceiveRequestAsync();
                await peer.SendAsync(Wire.Data(read.Cookie, read.Offset, read.Disk, Wire.Done));
            }
        },
        change.Enter)
    {
        // Reads go on until the second connection is there.
        MemoryLimit = 1 << 30,
    });
}
