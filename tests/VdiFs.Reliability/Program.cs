using VdiFs.Reliability;

// VdiFs.Reliability PROOFS-DIRECTORY PAGE DATE COMMIT KERNEL MACHINE [--even-so]
if (args.Length < 6 || (args.Length == 7 && args[6] != "--even-so") || args.Length > 7)
{
    Console.Error.WriteLine("usage: VdiFs.Reliability PROOFS-DIRECTORY PAGE DATE COMMIT KERNEL MACHINE [--even-so]");
    return 2;
}

try
{
    var page = new ReliabilityPage(ProofFolder.Read(args[0]));
    IReadOnlyList<string> objections = page.Objections();
    foreach (string objection in objections)
    {
        Console.Error.WriteLine($"reliability: {objection}");
    }

    if (objections.Count > 0 && args.Length < 7)
    {
        Console.Error.WriteLine($"reliability: {args[1]} is not written; --even-so writes it with these words on top");
        return 1;
    }

    File.WriteAllText(args[1], page.Write(new Surroundings(args[2], args[3], args[4], args[5])));
    return objections.Count > 0 ? 1 : 0;
}
catch (Exception failure) when (failure is IOException or FormatException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"reliability: {failure.Message}");
    return 1;
}
