namespace VdiFs.Reliability;

/// <summary>What is promised, in the order of the page.</summary>
internal static class PromiseCatalog
{
    public static IReadOnlyList<Promise> All { get; } =
    [
        new(
            "Right bytes or an error - never wrong bytes, never zeros in place of an error.",
            [.. ProofCatalog.All.Select(proof => proof.Name)]),
        new(
            "A read ends within `--read-deadline` and its reader can be killed at any time.",
            ["slow", "simulation", "chaos-server-gone", "chaos-server-frozen", "chaos-readers-killed"],
            "The kernel may ask twice before it gives up a buffered read, so that an error takes up to two deadlines."),
        new(
            "The loss of a server, a connection or the network that is shorter than the deadline is not noticed.",
            [
                "chaos-server-killed", "chaos-server-killed-two", "chaos-server-frozen", "chaos-delay",
                "chaos-refusals",
                "chaos-read-errors", "chaos-reset", "chaos-sockets-killed", "chaos-loss", "chaos-partition",
                "chaos-partition-one-way", "chaos-rate",
            ]),
        new(
            "Another disk under the same name is never mixed in: EIO for all that was not read yet.",
            ["chaos-foreign-disk", "chaos-foreign-endpoint", "chaos-truncated", "simulation"],
            "One that differs from the first in a few pages only can pass unnoticed."),
        new("A bad sector is an error for itself and for nothing else.", ["chaos-bad-sectors"]),
        new(
            "A server that lies, or speaks nonsense, harms nobody: no crash, no memory beyond its bounds, no wrong "
            + "byte.",
            ["lies", "fuzz", "cut-at-every-byte"]),
        new("A vanished source is an error, never an empty tree.", ["chaos-server-gone"]),
        new(
            "A daemon that is stopped leaves no mount and ends its readers; one that is killed gives errors, and the "
            + "next mount clears its place.",
            ["chaos-daemon-sigterm", "chaos-daemon-killed"],
            "That kill -9 or an upgrade of the daemon is invisible to readers is not built yet."),
        new("Memory stays under `--memory-limit`, and no reader is turned away for it.", ["chaos-memory"]),
        new("TLS is verified or refused, also at every reconnect.", ["chaos-tls-certificate", "cut-at-every-byte"]),
        new(
            "Nothing is ever written to a source.",
            ["chaos-server-killed", "chaos-server-killed-two", "chaos-memory"],
            "Every chaos run looks whether its source is untouched; that each way of writing says EROFS is a test."),
        new(
            "Nothing is left behind: no descriptor, thread, request, process or mount.",
            ["chaos-server-killed", "chaos-server-killed-two", "chaos-reset", "chaos-readers-killed", "simulation"]),
        new(
            "The same snapshot gives the same bytes, sizes, times and inodes at every mount.",
            [],
            "Held by the examples of SEMANTICS.md, which the tests execute; no figures are kept."),
    ];
}
