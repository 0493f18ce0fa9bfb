using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Fuzz.Wire;
using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>
/// A whole handshake against a row of bytes. The first byte of an input chooses the question (open, list, describe) and
/// the pieces in which the rest arrives.
/// </summary>
internal static class HandshakeTarget
{
    public static void Execute(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        Queue<Stream> streams = new([new InputStream(input[1..], Guarded.PieceBytes(input[0] >> 2))]);
        NbdClientOptions options = new()
        {
            Connections = 1,
            Transport = (_, _) => Task.FromResult(
                streams.TryDequeue(out Stream? stream) ? stream : new InputStream([], 1)),
        };
        Guarded.Run(input, () => (input[0] & 3) switch
        {
            0 or 1 => OpenAsync(input, options),
            2 => ListAsync(input, options),
            _ => DescribeAsync(input, options),
        });
    }

    public static IReadOnlyList<byte[][]> Seeds()
    {
        byte[][] start = [Frames.Greeting(3), Frames.OptionReply(8, 1)];
        byte[][] context = [Frames.Context(10), Frames.OptionReply(10, 1)];
        byte[][] go = Described(7);
        byte[][] listed =
            [Frames.Listed("a", "first"), Frames.Listed("b", ""), Frames.OptionReply(3, 1)];
        byte[] unsupported = Frames.OptionReply(8, 0x80000001, Frames.Text("no"));
        return
        [
            [[0], .. start, .. context, .. go],
            [[4], .. start, .. context, .. go],
            [[8], Frames.Greeting(3), unsupported, .. go],
            [[0], Frames.Greeting(3), unsupported, Frames.OptionReply(7, 0x80000006, Frames.Text("unknown"))],
            [[12], Frames.Greeting(1), unsupported, Frames.OptionReply(7, 0x80000001), .. ByName(124)],
            [[0], Frames.Greeting(3), unsupported, Frames.OptionReply(7, 0x80000001), .. ByName(0)],
            [[0], Frames.Greeting(0), .. ByName(124)],
            [[2], .. start, .. listed, .. Described(6), .. Described(6)],
            [[6], Frames.Greeting(3), unsupported, .. listed, .. Described(6), Frames.OptionReply(6, 0x80000006)],
            [[2], Frames.Greeting(3), unsupported, Frames.OptionReply(3, 0x80000002)],
            [[3], .. start, .. Described(6)],
            [
                [3], Frames.Greeting(3), unsupported, Frames.OptionReply(6, 0x80000001),
                Frames.OptionReply(7, 0x80000001), .. ByName(0),
            ],
        ];
    }

    private static byte[][] ByName(int zeroes) => [Frames.Number(8, 1 << 20), Frames.Number(2, 3), new byte[zeroes]];

    private static byte[][] Described(uint option) =>
    [
        Frames.Export(option, 1 << 20, 0x103),
        Frames.Info(option, 1, Frames.Text("name")),
        Frames.Info(option, 2, Frames.Text("description")),
        Frames.BlockSizes(option, 512, 4096, 65_536),
        Frames.Info(option, 99, Frames.Text("later")),
        Frames.OptionReply(option, 1),
    ];

    private static async Task OpenAsync(byte[] input, NbdClientOptions options)
    {
        await using NbdClient client = await NbdClient
            .ConnectAsync(Guarded.Uri, options, NullLogger.Instance, CancellationToken.None);
        Check(input, client.Export);
    }

    private static async Task ListAsync(byte[] input, NbdClientOptions options)
    {
        await using NbdInquiry inquiry = await NbdInquiry
            .ConnectAsync(Guarded.Uri, options, NullLogger.Instance, CancellationToken.None);
        foreach (NbdListedExport export in await inquiry.ListAsync(CancellationToken.None))
        {
            if (export.Name.Contains('\0', StringComparison.Ordinal))
            {
                throw new FuzzFailureException("a name with a NUL");
            }

            if (await inquiry.DescribeAsync(export.Name, CancellationToken.None) is { Length: { } length })
            {
                Check(input, length);
            }
        }
    }

    private static async Task DescribeAsync(byte[] input, NbdClientOptions options)
    {
        NbdListedExport export = await NbdServer
            .DescribeAsync(Guarded.Uri, options, NullLogger.Instance, CancellationToken.None);
        Check(input, export.Length!.Value);
    }

    private static void Check(byte[] input, long exportLength)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, exportLength);
        if (exportLength < 0 || input.AsSpan().IndexOf(length) < 0)
        {
            throw new FuzzFailureException($"an export of {exportLength} bytes");
        }
    }

    private static void Check(byte[] input, NbdExport export)
    {
        Check(input, export.Length);
        bool isSane = BitOperations.IsPow2(export.MinimumBlockSize)
            && export.MinimumBlockSize <= 65_536
            && BitOperations.IsPow2(export.PreferredBlockSize)
            && export.PreferredBlockSize >= export.MinimumBlockSize
            && export.MaximumPayload >= export.MinimumBlockSize
            && export.MaximumPayload <= 32 << 20
            && export.MaximumPayload % export.MinimumBlockSize == 0
            && (!export.HasBaseAllocation || export.HasStructuredReplies);
        if (!isSane)
        {
            throw new FuzzFailureException(
                $"an export with block sizes {export.MinimumBlockSize}, "
                + $"{export.PreferredBlockSize}, {export.MaximumPayload}");
        }
    }
}
