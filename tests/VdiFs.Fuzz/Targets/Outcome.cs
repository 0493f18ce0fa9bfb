using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>How a request must end.</summary>
internal sealed class Outcome
{
    /// <summary>The bytes of a successful READ.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>The extents of a successful BLOCK_STATUS.</summary>
    public IReadOnlyList<NbdExtent>? Extents { get; set; }

    /// <summary>The server's error; 0 for none.</summary>
    public uint Error { get; set; }

    public bool IsFinished { get; set; }
}
