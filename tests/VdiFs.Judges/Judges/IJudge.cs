using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>A program that nobody here wrote, and the way it is asked; or the product's own checker.</summary>
internal interface IJudge
{
    /// <summary>What it is called in the table.</summary>
    string Name { get; }

    /// <summary>A command or file without which it cannot be asked.</summary>
    string Tool { get; }

    /// <summary>Its version, as the program itself tells.</summary>
    string Version();

    /// <summary>Whether the image is of a kind that it can be asked about.</summary>
    bool IsAskedAbout(JudgedImage image);

    /// <summary>Asks it; what it writes, it writes to the bench.</summary>
    Finding Judge(JudgedImage image, Bench bench);
}
