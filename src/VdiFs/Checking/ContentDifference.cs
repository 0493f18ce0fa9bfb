namespace VdiFs.Checking;

/// <summary>A part of a disk that an image has wrong.</summary>
/// <param name="DiskOffset">The first byte that differs.</param>
/// <param name="Expected">What the disk has there.</param>
/// <param name="Found">What the image has.</param>
/// <param name="Bytes">How many bytes differ in this part.</param>
internal sealed record ContentDifference(long DiskOffset, byte Expected, byte Found, int Bytes)
{
    public override string ToString() =>
        $"at disk offset {DiskOffset} (0x{DiskOffset:x}): content: expected 0x{Expected:x2}, found 0x{Found:x2} "
        + $"({Bytes} of the {ContentComparison.PartBytes} bytes around it differ)";
}
