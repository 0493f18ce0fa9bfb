using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Workloads;

/// <summary>Races about one kind of use.</summary>
internal interface IWorkload
{
    /// <summary>What it is called on the command line, such as W1.</summary>
    string Name { get; }

    /// <summary>What it is about, in a few words.</summary>
    string Title { get; }

    /// <summary>What is done, for who reads the figures.</summary>
    string Explanation { get; }

    /// <summary>The races, in order.</summary>
    IReadOnlyList<Race> Races(Course course);
}
