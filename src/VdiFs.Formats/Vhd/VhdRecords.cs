using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>The records of a VHD file as they were found, and the footer that is believed.</summary>
/// <param name="File">Whose records.</param>
/// <param name="Footer">The footer at the end; the copy in front when that is the only good one.</param>
/// <param name="Header">The dynamic header; null in a fixed VHD.</param>
/// <param name="HeaderBytes">The same as bytes; empty in a fixed VHD.</param>
internal sealed record VhdRecords(IImageBytes File, VhdFooter Footer, VhdDynamicHeader? Header, byte[] HeaderBytes)
{
    private const string NeitherFooter = "a VHD footer there or at the end of the file";

    /// <summary>The disk's bytes.</summary>
    internal long DiskLength => (long)Footer.CurrentSize;

    internal bool IsFixed => Footer.DiskType == VhdDiskType.Fixed;

    internal bool IsDifferencing => Footer.DiskType == VhdDiskType.Differencing;

    /// <summary>Whether the file ends with the footer of a fixed VHD that fits it: one of a disk that starts with
    /// anything.</summary>
    internal static bool EndsAsFixed(IImageBytes file)
    {
        long end = file.Length - VhdFooter.Size;
        if (end <= 0)
        {
            return false;
        }

        byte[] bytes = new byte[VhdFooter.Size];
        file.Read(end, bytes);
        return VhdFooter.HasCookie(bytes)
            && TryReadFooter(bytes, out _) is { DiskType: VhdDiskType.Fixed, CurrentSize: var size }
            && size == (ulong)end;
    }

    /// <summary>Null for a file that has no sign of a VHD at either end.</summary>
    /// <exception cref="ImageFormatException">It has one, and is too damaged to be read.</exception>
    internal static VhdRecords? TryRead(IImageBytes file)
    {
        long end = file.Length - VhdFooter.Size;
        if (end < 0)
        {
            return null;
        }

        byte[] bytes = new byte[VhdFooter.Size];
        file.Read(end, bytes);
        bool isCookie = VhdFooter.HasCookie(bytes);
        ImageFormatException? damage = null;
        VhdFooter? footer = isCookie ? TryReadFooter(bytes, out damage) : null;
        // A footer of a fixed VHD that does not fit the file belongs to a file on some disk.
        bool isStray = footer is { DiskType: VhdDiskType.Fixed, CurrentSize: var size } && size != (ulong)end;
        if (footer is null || isStray)
        {
            file.Read(0, bytes);
            bool isCopy = VhdFooter.HasCookie(bytes);
            if (!isCookie && !isCopy)
            {
                return null;
            }

            // What is fixed has no copy in front.
            VhdFooter? copy = isCopy ? TryReadFooter(bytes, out damage) : null;
            footer = copy is { DiskType: not VhdDiskType.Fixed } ? copy : footer;
        }

        if (footer is not { } believed)
        {
            throw new ImageFault(file.Name, 0, "footer", NeitherFooter, damage?.Message ?? "none").Exception();
        }

        CheckSize(file, believed);
        return believed.DiskType == VhdDiskType.Fixed
            ? new VhdRecords(file, believed, null, [])
            : ReadHeader(file, believed);
    }

    private static VhdFooter? TryReadFooter(byte[] bytes, out ImageFormatException? damage)
    {
        try
        {
            damage = null;
            return VhdFooter.Read(bytes);
        }
        catch (ImageFormatException exception)
        {
            damage = exception;
            return null;
        }
    }

    private static void CheckSize(IImageBytes file, VhdFooter footer)
    {
        if (!Enum.IsDefined(footer.DiskType))
        {
            throw new ImageFault(
                file.Name, file.Length - VhdFooter.Size, "footer, disk type", "2, 3 or 4", $"{(uint)footer.DiskType}")
                .Exception();
        }

        if (footer.CurrentSize is 0 or > long.MaxValue || footer.CurrentSize % Sector.Bytes != 0)
        {
            throw new ImageFault(
                file.Name,
                file.Length - VhdFooter.Size,
                "footer, current size",
                "whole sectors, at least one",
                $"{footer.CurrentSize} bytes").Exception();
        }

        if (footer.DiskType == VhdDiskType.Fixed && footer.CurrentSize != (ulong)(file.Length - VhdFooter.Size))
        {
            throw new ImageFault(
                file.Name,
                file.Length - VhdFooter.Size,
                "footer, current size",
                $"the {file.Length - VhdFooter.Size} bytes in front of it",
                $"{footer.CurrentSize} bytes").Exception();
        }
    }

    private static VhdRecords ReadHeader(IImageBytes file, VhdFooter footer)
    {
        long offset = (long)Math.Min(footer.DataOffset, long.MaxValue);
        if (offset > file.Length - VhdDynamicHeader.Size)
        {
            throw new ImageFault(
                file.Name, 16, "footer, data offset", $"a place in the {file.Length} bytes of the file", $"{offset}")
                .Exception();
        }

        byte[] bytes = new byte[VhdDynamicHeader.Size];
        file.Read(offset, bytes);
        try
        {
            return new VhdRecords(file, footer, VhdDynamicHeader.Read(bytes), bytes);
        }
        catch (ImageFormatException exception)
        {
            throw new ImageFault(file.Name, offset, "dynamic header", "a whole one", exception.Message).Exception();
        }
    }
}
