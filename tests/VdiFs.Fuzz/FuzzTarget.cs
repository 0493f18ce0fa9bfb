namespace VdiFs.Fuzz;

/// <summary>Something that is fed with bytes from outside.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Execute">
/// Takes one input; returns when all is well. Any exception is a finding: one of the product that is not its own kind,
/// or a <see cref="FuzzFailureException"/>.
/// </param>
/// <param name="Seeds">Good inputs in frames, for the mutations to start from.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Execute, Func<IReadOnlyList<byte[][]>> Seeds)
{
    public static readonly IReadOnlyList<FuzzTarget> All =
    [
        new("handshake", Targets.HandshakeTarget.Execute, Targets.HandshakeTarget.Seeds),
        new("replies", Targets.ReplyTarget.Reads.Execute, Targets.ReplyTarget.Reads.Seeds),
        new("status", Targets.ReplyTarget.Statuses.Execute, Targets.ReplyTarget.Statuses.Seeds),
        new("images", Targets.ImageTarget.Execute, Targets.ImageTarget.Seeds),
        new("uri", Targets.UriTarget.Execute, Targets.UriTarget.Seeds),
    ];

    /// <summary>The target of that name, or null.</summary>
    public static FuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);

    public override string ToString() => Name;
}
