namespace VdiFs.EndToEnd.Harness;

/// <summary>A test with a bench of its own; ending it checks that nothing was left behind.</summary>
public abstract class EndToEndTest : IDisposable
{
    private protected Bench Bench { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Bench.Dispose();
        GC.SuppressFinalize(this);
    }
}
