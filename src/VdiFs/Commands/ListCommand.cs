using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using VdiFs.Options;
using VdiFs.Tree;

namespace VdiFs.Commands;

/// <summary>`vdifs ls SOURCE`: what a mount of the source would show.</summary>
internal static class ListCommand
{
    public static Command Create() => SourceCommand.Create(
        "ls", "List the disks of a source: sizes, allocation, where each map comes from", "As for mount", RunAsync);

    private static async Task<int> RunAsync(
        string source, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        await using IDiskCatalog catalog = await DiskSources.LoadAsync(
            source, options with { Connections = 1 }, logger, cancellationToken);
        Table table = new Table().Border(TableBorder.None);
        table.AddColumns("NAME", "LENGTH", "ALLOCATED", "MAP FROM");
        bool failed = false;
        var tree = new MountTree(catalog.Root, FormatSelection.Default.Formats, options.MountTime);
        foreach ((string path, DiskEntry disk) in tree.FindDisks())
        {
            failed |= !await AddRowAsync(table, path, disk, cache, cancellationToken);
        }

        SourceCommand.Console.Write(table);
        return failed ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<bool> AddRowAsync(
        Table table, string name, DiskEntry entry, BlockCache cache, CancellationToken cancellationToken)
    {
        if (entry is { MapCosts: true, KnownLength: { } known })
        {
            AddRow(table, name, Number(known), "?", AllocationText.NotLookedAt);
            return true;
        }

        try
        {
            OpenDisk disk = await entry.OpenAsync(cache, cancellationToken);
            AddRow(table, name, Number(disk.Length), Number(disk.Map.AllocatedBytes), AllocationText.Of(disk));
            return true;
        }
        catch (DiskException exception)
        {
            AddRow(table, name, entry.KnownLength is { } length ? Number(length) : "?", "?", exception.Message);
            return false;
        }
        finally
        {
            // A server of thousands of disks need not bear a connection to each.
            await entry.DisposeAsync();
        }
    }

    private static void AddRow(Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(cell))]);

    private static string Number(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);
}
