namespace VdiFs.Formats.Reading;

/// <summary>The disk in an image and its parents. Not thread-safe.</summary>
/// <param name="image">The image; not owned.</param>
public sealed class ImageContent(ImageReader image)
{
    /// <summary>The disk's length in bytes.</summary>
    public long Length => image.DiskLength;

    /// <summary>Whether the disk is known to be zeros at <paramref name="diskOffset"/>, and for how many bytes, 1 to
    /// <paramref name="maxLength"/>, that or the opposite holds.</summary>
    /// <exception cref="ImageFormatException">An image contradicts itself there.</exception>
    public (bool IsZero, long Length) Locate(long diskOffset, long maxLength)
    {
        (ImageReader? owner, long length) = Find(diskOffset, maxLength);
        return (owner is null, length);
    }

    /// <summary>Fills <paramref name="destination"/> completely.</summary>
    /// <param name="diskOffset">The range lies inside the disk.</param>
    /// <param name="destination">Owned by the caller.</param>
    /// <exception cref="ImageFormatException">An image contradicts itself there.</exception>
    public void Read(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (ImageReader? owner, long length) = Find(diskOffset, destination.Length);
            Span<byte> part = destination[..(int)length];
            if (owner is null)
            {
                part.Clear();
            }
            else
            {
                owner.ReadStored(diskOffset, part);
            }

            diskOffset += length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>Which image of the chain has the bytes; null for zeros.</summary>
    private (ImageReader? Owner, long Length) Find(long diskOffset, long maxLength)
    {
        ImageReader current = image;
        while (true)
        {
            // What a parent's disk is too short for is zeros.
            if (diskOffset >= current.DiskLength)
            {
                return (null, maxLength);
            }

            ImagePiece piece = current.Locate(diskOffset, Math.Min(maxLength, current.DiskLength - diskOffset));
            maxLength = piece.Length;
            switch (piece.Kind)
            {
                case PieceKind.Stored:
                    return (current, maxLength);
                case PieceKind.Zero:
                    return (null, maxLength);
                default:
                    current = current.Parent
                        ?? throw new InvalidOperationException($"A {current.FormatName} image has no parent there.");
                    break;
            }
        }
    }
}
