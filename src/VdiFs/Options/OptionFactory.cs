using System.CommandLine;
using System.CommandLine.Parsing;

namespace VdiFs.Options;

/// <summary>Reads one value as users write it; false if it is written wrongly.</summary>
internal delegate bool ValueReader<T>(string text, out T value);

/// <summary>Declares command-line options that also have an environment variable: the flag wins.</summary>
internal static class OptionFactory
{
    private const string EnvironmentPrefix = "VDIFS_";

    /// <summary>Declares an option with a value.</summary>
    /// <param name="name">Its name, with the dashes.</param>
    /// <param name="valueName">What its value is called in the help.</param>
    /// <param name="description">What it does, with units and bounds.</param>
    /// <param name="defaultValue">What holds when nobody says anything.</param>
    /// <param name="reader">Reads and checks a value.</param>
    /// <param name="expected">What a wrong value's error says was expected.</param>
    public static Option<T> Valued<T>(
        string name, string valueName, string description, T defaultValue, ValueReader<T> reader, string expected)
    {
        T Read(string text, SymbolResult result, string origin)
        {
            if (!reader(text, out T value))
            {
                result.AddError($"{origin}: expected {expected}, found '{text}'");
            }

            return value;
        }

        return new Option<T>(name)
        {
            Description = description,
            HelpName = valueName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Read(result.Tokens[0].Value, result, name),
            DefaultValueFactory = result => FromEnvironment(name) is { } text
                ? Read(text, result, VariableOf(name))
                : defaultValue,
        };
    }

    /// <summary>Declares an argument that is a path, which is never empty.</summary>
    public static Argument<string> Path(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError($"{name} is empty: expected a path.");
            }
        });
        return argument;
    }

    /// <summary>Declares an option without a value.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        Arity = ArgumentArity.Zero,
        DefaultValueFactory = _ => FromEnvironment(name) is "1" or "true" or "yes",
    };

    private static string? FromEnvironment(string name)
    {
        string? text = Environment.GetEnvironmentVariable(VariableOf(name));
        return string.IsNullOrEmpty(text) ? null : text;
    }

    private static string VariableOf(string name) =>
        EnvironmentPrefix + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
