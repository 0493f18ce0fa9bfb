using VdiFs.EndToEnd.Harness;

namespace VdiFs.Judges.Disks;

/// <summary>Disks as installers leave them, made without loop devices: file systems are written by offset.</summary>
internal static class FileSystemDisk
{
    public const string GptFatExt4 =
        """
        truncate -s 128M "$disk"
        printf 'label: gpt\nstart=2048, size=45056, type=uefi\nstart=49152, size=200000, type=linux\n' \
          | sfdisk -q "$disk"
        mkfs.vfat -F 16 --offset=2048 "$disk" 22528
        mcopy -i "$disk@@1048576" "$tree/hello.txt" ::
        mke2fs -q -t ext4 -d "$tree" -E offset=$((49152 * 512)) "$disk" 90M
        """;

    // mkntfs knows no offset: it writes a file of its own, whose data then goes to its place.
    public const string MbrNtfs =
        """
        truncate -s 64M "$disk"
        printf 'label: dos\nstart=2048, size=122880, type=7\n' | sfdisk -q "$disk"
        truncate -s 60M "$tree.ntfs"
        mkfs.ntfs -q -F -Q -p 2048 -H 16 -S 63 -L data "$tree.ntfs"
        dd if="$tree.ntfs" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
        rm "$tree.ntfs"
        """;

    public const string Ext4 =
        """
        truncate -s 48M "$disk"
        mke2fs -q -t ext4 -d "$tree" "$disk"
        """;

    public const string Floppy =
        """
        truncate -s 1474560 "$disk"
        mkfs.vfat -F 12 "$disk"
        mcopy -i "$disk" "$tree/hello.txt" ::
        """;

    private const string Before =
        """
        disk="$1" tree="$2"
        echo 'Hello from inside the disk.' > "$tree/hello.txt"
        head -c 6M /dev/urandom > "$tree/noise.bin"
        PATH="$PATH:/usr/sbin:/sbin"

        """;

    public static JudgedDisk Make(Bench bench, string script, bool hasPartitions)
    {
        string path = bench.PathOf("disk.img");
        Command.BashOk(Before + script, path, bench.NewDirectory("tree"));
        JudgedDisk disk = JudgedDisk.InFile(bench, path);
        return hasPartitions ? disk.WithPartitions() : disk;
    }
}
