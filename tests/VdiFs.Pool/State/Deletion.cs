namespace VdiFs.Pool.State;

/// <summary>An object that is gone.</summary>
/// <param name="Ref">Its reference.</param>
/// <param name="CreatedAt">Generation at which it was added.</param>
/// <param name="DeletedAt">Generation at which it was removed.</param>
internal readonly record struct Deletion(string Ref, long CreatedAt, long DeletedAt);
