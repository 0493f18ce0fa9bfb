using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Local;

/// <summary>Refuses differencing VHDs: qemu reads them as if their parent were zeros, without an error.</summary>
/// <remarks>A VHD with tables carries its footer twice. qemu believes the copy at the start, also where the footer at
/// the end is lost or says something else: so both are asked.</remarks>
internal static class VhdParentCheck
{
    private const int FooterBytes = 512;
    private const int DiskTypeOffset = 60;
    private const byte Differencing = 4;

    public static void Run(string path)
    {
        using SafeFileHandle file = LocalImageFile.OpenForReading(path);
        long length = RandomAccess.GetLength(file);
        if (length < FooterBytes)
        {
            throw new DiskException(
                DiskErrorKind.ReadFailed, $"{path} is no VHD: it is {length} bytes long, a VHD's footer alone has 512");
        }

        if (IsDifferencing(file, length - FooterBytes) || IsDifferencing(file, 0))
        {
            throw new DiskException(
                DiskErrorKind.Unsupported,
                $"{path} is a differencing VHD, whose parent would be read as zeros: merge it into its parent first");
        }
    }

    private static bool IsDifferencing(SafeFileHandle file, long fileOffset)
    {
        byte[] footer = new byte[FooterBytes];
        int read = RandomAccess.Read(file, footer, fileOffset);
        // The disk type is a big-endian number whose upper bytes are zero.
        return read == FooterBytes
            && footer.AsSpan().StartsWith("conectix"u8)
            && footer[DiskTypeOffset + 3] == Differencing;
    }
}
