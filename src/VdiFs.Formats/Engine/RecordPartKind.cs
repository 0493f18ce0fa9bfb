namespace VdiFs.Formats.Engine;

/// <summary>What a part of a record is made of.</summary>
internal enum RecordPartKind
{
    /// <summary>Constant, or computed from the number of the piece.</summary>
    Generated,

    /// <summary>Bytes of the piece.</summary>
    Data,

    /// <summary>Computed from the bytes of the piece.</summary>
    Derived,

    /// <summary>Padding.</summary>
    Zeros,
}
