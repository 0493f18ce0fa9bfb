namespace VdiFs.EndToEnd.Harness.Disks;

/// <summary>A small disk as an installer leaves it: a partition table, a FAT and an ext4, made without loop
/// devices.</summary>
internal static class RealDisk
{
    public const long Size = 128L << 20;
    public const long Ext4Offset = 49152L * 512;
    public const string Greeting = "Hello from inside the disk.";

    private const string Script = """
        disk="$1" tree="$2"
        printf '%s\n' "$3" > "$tree/hello.txt"
        head -c 6M /dev/urandom > "$tree/noise.bin"
        truncate -s 128M "$disk"
        printf 'label: gpt\nstart=2048, size=45056, type=uefi\nstart=49152, size=200000, type=linux\n' | sfdisk -q "$disk"
        mkfs.vfat -F 16 --offset=2048 "$disk" 22528
        mcopy -i "$disk@@1048576" "$tree/hello.txt" ::
        mke2fs -q -t ext4 -d "$tree" -E offset=$((49152 * 512)) "$disk" 90M
        """;

    public static string Make(Bench bench)
    {
        string path = bench.PathOf("disk.img");
        Command.BashOk(Script, path, bench.NewDirectory("tree"), Greeting);
        return path;
    }
}
