using System.Globalization;

namespace VdiFs.Pool;

/// <summary>The program's options.</summary>
internal static class PoolCommandLine
{
    private const string User = "root";

    /// <summary>Reads them.</summary>
    /// <exception cref="FormatException">Something is wrong with them.</exception>
    public static PoolSimulatorOptions Parse(string[] arguments)
    {
        var options = new PoolSimulatorOptions { Passwords = new Dictionary<string, string>() };
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--large")
            {
                options = options with { IsLarge = true };
                continue;
            }

            string value = ++i < arguments.Length ? arguments[i] : throw new FormatException($"{name} needs a value");
            options = name switch
            {
                "--hosts" => options with { Addresses = value.Split(',') },
                "--https-port" => options with { HttpsPort = Number(value) },
                "--nbd-port" => options with { NbdPort = Number(value) },
                "--seed" => options with { Seed = Number(value) },
                "--disks" => options with { DiskFolder = value },
                "--root-password-file" => options with
                {
                    Passwords = new Dictionary<string, string> { [User] = File.ReadAllText(value).TrimEnd('\n', '\r') },
                },
                _ => throw new FormatException($"there is no option {name}"),
            };
        }

        return options.Passwords.Count > 0
            ? options
            : throw new FormatException("--root-password-file is needed: passwords do not belong on a command line");
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
