namespace VdiFs.Chaos;

/// <summary>One kind of fault on the real path: real mount, real servers, real tools.</summary>
internal interface IScenario
{
    /// <summary>What the command line calls it; its proof is called chaos-NAME.</summary>
    string Name { get; }

    /// <summary>What happens and how it must end, in a line.</summary>
    string Summary { get; }

    /// <summary>How much of it a run holds by default.</summary>
    Extent Extent { get; }

    /// <summary>Runs it; what goes wrong is told to the run's tally.</summary>
    void Run(ChaosRun run);
}
