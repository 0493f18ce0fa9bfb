namespace VdiFs.Fuzz;

/// <summary>An input that the product takes in a way it must not.</summary>
internal sealed class FuzzFailureException(string message) : Exception(message);
