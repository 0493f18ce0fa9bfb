namespace VdiFs.Peers.Timing;

/// <summary>What a client used.</summary>
internal sealed record Usage(double CpuSeconds, long PeakBytes, string Output);
