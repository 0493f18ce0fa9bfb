namespace VdiFs.Formats;

/// <summary>The one exception of this room. Trying again never helps: everything here is arithmetic.</summary>
public sealed class ImageFormatException : Exception
{
    /// <summary>Says what is wrong in one sentence, with the figures.</summary>
    public ImageFormatException(ImageFormatErrorKind kind, string message)
        : base(message)
    {
        Kind = kind;
    }

    /// <summary>What is wrong.</summary>
    public ImageFormatErrorKind Kind { get; }
}
