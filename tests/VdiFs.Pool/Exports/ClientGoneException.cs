namespace VdiFs.Pool.Exports;

/// <summary>The client hung up before the end of an export.</summary>
internal sealed class ClientGoneException(Exception cause) : Exception("The client hung up.", cause);
