namespace VdiFs.Tests.Formats;

/// <summary>What became of a mutation.</summary>
internal enum MutationVerdict
{
    /// <summary>Nobody saw it.</summary>
    Nothing,

    /// <summary>The image does not open, or its check has something to say.</summary>
    FoundByCheck,

    /// <summary>The check is content, and the disk that comes out is another or does not come out.</summary>
    FoundByContent,
}
