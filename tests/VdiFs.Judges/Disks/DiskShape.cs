using VdiFs.EndToEnd.Harness;

namespace VdiFs.Judges.Disks;

/// <summary>One of the disks: what it is called, and how it is made.</summary>
/// <param name="Name">Words for reports and the command line.</param>
/// <param name="InSample">Whether a short run takes it.</param>
/// <param name="Make">Makes it on a bench; the same bytes every time, except for real file systems.</param>
internal sealed record DiskShape(string Name, bool InSample, Func<Bench, JudgedDisk> Make);
