namespace VdiFs.Formats.Qcow2;

/// <summary>How a QCOW2 names the image that it is a delta of.</summary>
/// <param name="FileName">The backing file's name, in the same directory.</param>
/// <param name="Format">qemu's name of its format: "raw", "qcow2"; empty when the image does not say it.</param>
internal readonly record struct Qcow2Parent(string FileName, string Format);
