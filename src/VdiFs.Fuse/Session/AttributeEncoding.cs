using VdiFs.Fuse.Abi;

namespace VdiFs.Fuse.Session;

/// <summary>The file system's attributes in the kernel's structs.</summary>
internal static class AttributeEncoding
{
    private const int StatBlockBytes = 512;
    private const int PermissionMask = 0xFFF;
    private const uint DirectoryMode = 0x4000;
    private const uint RegularMode = 0x8000;
    private const uint SymlinkMode = 0xA000;

    public static Attr ToAttr(in FuseAttributes attributes)
    {
        (long seconds, uint nanoseconds) = SplitTime(attributes.ModifiedTime);
        return new Attr
        {
            Ino = attributes.Node.Value,
            Size = (ulong)attributes.Length,
            Blocks = Blocks(attributes),
            Atime = (ulong)seconds,
            Mtime = (ulong)seconds,
            Ctime = (ulong)seconds,
            AtimeNsec = nanoseconds,
            MtimeNsec = nanoseconds,
            CtimeNsec = nanoseconds,
            Mode = Mode(attributes),
            Nlink = attributes.LinkCount,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Blksize = (uint)attributes.PreferredBlockSize,
        };
    }

    public static AttrOut ToAttrOut(in FuseAttributes attributes)
    {
        (ulong seconds, uint nanoseconds) = SplitSpan(attributes.Validity);
        return new AttrOut(seconds, nanoseconds, Dummy: 0, ToAttr(in attributes));
    }

    public static EntryOut ToEntryOut(in FuseEntry entry)
    {
        FuseAttributes attributes = entry.Attributes;
        (ulong nameSeconds, uint nameNanoseconds) = SplitSpan(entry.NameValidity);
        (ulong seconds, uint nanoseconds) = SplitSpan(attributes.Validity);
        return new EntryOut(
            attributes.Node.Value,
            entry.Generation,
            nameSeconds,
            seconds,
            nameNanoseconds,
            nanoseconds,
            ToAttr(in attributes));
    }

    /// <summary>A name that does not exist, to be remembered for a while.</summary>
    public static EntryOut ToNegativeEntryOut(TimeSpan validity)
    {
        (ulong seconds, uint nanoseconds) = SplitSpan(validity);
        return default(EntryOut) with { EntryValid = seconds, EntryValidNsec = nanoseconds };
    }

    public static StatxOut ToStatxOut(in FuseAttributes attributes)
    {
        (ulong validSeconds, uint validNanoseconds) = SplitSpan(attributes.Validity);
        StatxTime modified = ToStatxTime(attributes.ModifiedTime);
        return new StatxOut
        {
            AttrValid = validSeconds,
            AttrValidNsec = validNanoseconds,
            Mask = StatxOut.BasicStatsAndBirthTime,
            Blksize = (uint)attributes.PreferredBlockSize,
            Nlink = attributes.LinkCount,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Mode = (ushort)Mode(attributes),
            Ino = attributes.Node.Value,
            Size = (ulong)attributes.Length,
            Blocks = Blocks(attributes),
            Atime = modified,
            Mtime = modified,
            Ctime = modified,
            Btime = ToStatxTime(attributes.BirthTime),
        };
    }

    /// <summary>d_type of a directory entry: the type bits of st_mode.</summary>
    public static uint DirectoryEntryType(FuseFileType type) => TypeMode(type) >> 12;

    private static StatxTime ToStatxTime(DateTimeOffset time)
    {
        (long seconds, uint nanoseconds) = SplitTime(time);
        return new StatxTime(seconds, nanoseconds, Reserved: 0);
    }

    private static uint Mode(in FuseAttributes attributes) =>
        TypeMode(attributes.Type) | ((uint)attributes.Permissions & PermissionMask);

    private static uint TypeMode(FuseFileType type) => type switch
    {
        FuseFileType.Directory => DirectoryMode,
        FuseFileType.Symlink => SymlinkMode,
        _ => RegularMode,
    };

    private static ulong Blocks(in FuseAttributes attributes) =>
        ((ulong)attributes.AllocatedBytes + (StatBlockBytes - 1)) / StatBlockBytes;

    private static (long Seconds, uint Nanoseconds) SplitTime(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        return (seconds, (uint)(rest * TimeSpan.NanosecondsPerTick));
    }

    private static (ulong Seconds, uint Nanoseconds) SplitSpan(TimeSpan span)
    {
        long ticks = Math.Max(0, span.Ticks);
        long rest = ticks % TimeSpan.TicksPerSecond;
        return ((ulong)(ticks / TimeSpan.TicksPerSecond), (uint)(rest * TimeSpan.NanosecondsPerTick));
    }
}
