namespace VdiFs.Commands;

/// <summary>What a process can be told a password by, apart from files.</summary>
internal sealed record PasswordPlaces
{
    /// <summary>Those of this process.</summary>
    public static PasswordPlaces OfThisProcess { get; } = new()
    {
        Variable = Environment.GetEnvironmentVariable,
        HandOver = () => BackgroundProcess.IsChild ? Console.In.ReadLine : null,
        Keyboard = () => Console.IsInputRedirected ? null : () => Console.ReadKey(intercept: true),
        Tell = text => Console.Error.Write(text),
    };

    /// <summary>A variable of the environment; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>How the parent of a background process hands the password over; null in any other process.</summary>
    public required Func<Func<string?>?> HandOver { get; init; }

    /// <summary>Reads a key, which is not shown; null when nobody sits at the terminal.</summary>
    public required Func<Func<ConsoleKeyInfo>?> Keyboard { get; init; }

    /// <summary>Says something to the user.</summary>
    public required Action<string> Tell { get; init; }
}
