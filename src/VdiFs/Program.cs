using System.CommandLine;
using System.ComponentModel;
using VdiFs.Commands;
using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Fuse;
using VdiFs.Options;

BackgroundProcess.Prepare();
var root = new RootCommand(
    "Shows virtual disks - of XenServer and XCP-ng pools, NBD servers, local images - as ordinary files.")
{
    MountCommand.Create(),
    UmountCommand.Create(),
    ListCommand.Create(),
    CheckCommand.Create(),
    DoctorCommand.Create(),
};
ParseResult result = root.Parse(args);
if (result.Errors.Count > 0)
{
    string reason = result.UnmatchedTokens.Count > 0
        ? $"unknown command or argument '{result.UnmatchedTokens[0]}'"
        : result.Errors[0].Message.TrimEnd('.');
    Console.Error.WriteLine($"vdifs: {reason}; see 'vdifs --help'");
    return ExitCode.Usage;
}

try
{
    // Signals are the commands' own business: a mount has to end before its process does.
    return await result.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    });
}
catch (Exception exception) when (exception is DiskException or FuseMountException or Win32Exception
    or IOException or UnauthorizedAccessException or ImageFormatException)
{
    Console.Error.WriteLine($"vdifs: {exception.Message}");
    return exception is DiskException { Kind: DiskErrorKind.BadSource } ? ExitCode.Usage : ExitCode.Failed;
}
catch (UsageException exception)
{
    Console.Error.WriteLine($"vdifs: {exception.Message}; see 'vdifs --help'");
    return ExitCode.Usage;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("vdifs: interrupted");
    return ExitCode.Failed;
}
