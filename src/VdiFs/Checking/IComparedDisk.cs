namespace VdiFs.Checking;

/// <summary>One of the two disks that are compared.</summary>
internal interface IComparedDisk
{
    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>Whether it is known to be zeros without reading, and for how many bytes that or the opposite holds.
    /// </summary>
    /// <param name="diskOffset">Inside the disk.</param>
    /// <param name="maxLength">At least 1, inside the disk.</param>
    (bool IsZero, long Length) Locate(long diskOffset, long maxLength);

    /// <summary>Fills <paramref name="destination"/> completely.</summary>
    ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken);
}
