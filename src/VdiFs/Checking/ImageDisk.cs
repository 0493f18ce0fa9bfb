using VdiFs.Formats.Reading;

namespace VdiFs.Checking;

/// <summary>The disk in an image file and its parents.</summary>
internal sealed class ImageDisk(ImageReader image) : IComparedDisk
{
    private readonly ImageContent _content = new(image);

    public long Length => _content.Length;

    public (bool IsZero, long Length) Locate(long diskOffset, long maxLength) => _content.Locate(diskOffset, maxLength);

    public ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _content.Read(diskOffset, destination.Span);
        return ValueTask.CompletedTask;
    }
}
