namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>Ends a script whose connection was cut on purpose.</summary>
internal sealed class ConnectionCutException : Exception;
