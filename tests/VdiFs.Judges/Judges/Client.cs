namespace VdiFs.Judges.Judges;

/// <summary>The scripts that drive judges which are libraries; scripts/judges.sh installs their packages beside
/// them.</summary>
internal static class Client
{
    private static readonly string Directory =
        Environment.GetEnvironmentVariable("VDIFS_JUDGES_CLIENTS") ?? Path.Combine(AppContext.BaseDirectory, "Clients");

    public static string PathOf(string name) => Path.Combine(Directory, name);
}
