using System.Globalization;

namespace VdiFs.Peers.Racing;

/// <summary>Something that is measured: its name with the unit, and how many digits of it mean something.</summary>
internal sealed record Figure(string Name, string Format)
{
    /// <summary>Size of the disk, holes and all, over the time.</summary>
    public static Figure Speed { get; } = new("MiB/s", "F0");

    /// <summary>User and system time of clients and daemons, server apart, over the size of the disk.</summary>
    public static Figure Cpu { get; } = new("CPU s/GiB", "F2");

    /// <summary>User and system time of the servers that were read from, over the size of the disk.</summary>
    public static Figure ServerCpu { get; } = new("server CPU s/GiB", "F2");

    /// <summary>Most that was resident: of the daemon, or of the program where there is none.</summary>
    public static Figure Memory { get; } = new("peak MiB", "F0");

    public static Figure Iops { get; } = new("IOPS", "F0");

    /// <summary>99 of 100 reads took no longer.</summary>
    public static Figure Slowest { get; } = new("p99 us", "F0");

    public static Figure Seconds { get; } = new("s", "F2");

    public static Figure Milliseconds { get; } = new("ms", "F0");

    /// <summary>What the server was asked for, over what is allocated.</summary>
    public static Figure Fetched { get; } = new("fetched of allocated", "F3");

    /// <summary>How much the daemon's memory grew.</summary>
    public static Figure Growth { get; } = new("growth MiB", "F0");

    /// <summary>Of one processor, while nobody reads.</summary>
    public static Figure IdlePercent { get; } = new("CPU %", "F3");

    public string Show(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
}
