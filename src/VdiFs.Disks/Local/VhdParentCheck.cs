using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Local;

/// <summary>Refuses differencing VHDs: qemu reads them as if their parent were zeros, without an error.</summary>
internal static class VhdParentCheck
{
    private const int FooterBytes = 512;
    private const int DiskTypeOffset = 60;
    private const byte Differencing = 4;

    public static void Run(string path)
    {
        using SafeFileHandle file = LocalImageFile.OpenForReading(path);
        long length = RandomAccess.GetLength(file);
        byte[] footer = new byte[FooterBytes];
        if (length < FooterBytes || RandomAccess.Read(file, footer, length - FooterBytes) < FooterBytes)
        {
            throw new DiskException(
                DiskErrorKind.ReadFailed, $"{path} is no VHD: it is {length} bytes long, a VHD's footer alone has 512");
        }

        // The disk type is a big-endian number whose upper bytes are zero.
        if (footer.AsSpan().StartsWith("conectix"u8) && footer[DiskTypeOffset + 3] == Differencing)
        {
            throw new DiskException(
                DiskErrorKind.Unsupported,
                $"{path} is a differencing VHD, whose parent would be read as zeros: merge it into its parent first");
        }
    }
}
