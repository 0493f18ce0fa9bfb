using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Fuzz.Wire;
using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>
/// Replies to requests in flight, judged by <see cref="ReplyModel"/>. The first byte of an input chooses structured or
/// simple replies, the pieces in which the rest arrives, and whether a caller leaves at once.
/// </summary>
/// <param name="requests">What is asked: reads, or the status of ranges.</param>
internal sealed class ReplyTarget((int Command, long Offset, int Length)[] requests)
{
    public static readonly ReplyTarget Reads = new([(0, 4096, 512), (0, 8192, 1024), (7, 0, 65_536), (0, 512, 2048)]);

    public static readonly ReplyTarget Statuses = new([(7, 0, 1 << 20), (7, 4096, 512)]);

    private const int Left = 1;

    private static readonly byte[] StructuredStart = Frames.Join(
        Frames.Greeting(3), Frames.OptionReply(8, 1), Frames.Context(10), Frames.OptionReply(10, 1), Described());

    private static readonly byte[] SimpleStart = Frames.Join(
        Frames.Greeting(3), Frames.OptionReply(8, 0x80000001), Described());

    public void Execute(byte[] input)
    {
        if (input.Length > 0)
        {
            Guarded.Run(input, () => ConverseAsync(input));
        }
    }

    public IReadOnlyList<byte[][]> Seeds()
    {
        SentRequest[] sent = [];
        Guarded.Run([], async () => sent = [.. await ConverseAsync([1])]);
        SentRequest[] simple = [];
        Guarded.Run([], async () => simple = [.. await ConverseAsync([0])]);
        return
        [
            [[1], .. sent.Select(request => WholeAnswer(request))],
            [[1 | 2], .. sent.Reverse().SelectMany(PieceByPiece)],
            [[1 | 4 | 8], .. sent.SelectMany(PieceByPiece)],
            [[1 | 8], .. sent.SelectMany(request => (byte[][])[Error(request), Frames.Chunk(request.Cookie, 1, 0)])],
            [[1], .. sent.Select(request => Frames.Simple(request.Cookie, 5))],
            [[0], .. simple.Select(request => Frames.Simple(request.Cookie, 0, new byte[request.Length]))],
            [[2 | 8], .. simple.Select(request => Frames.Simple(request.Cookie, 108))],
        ];
    }

    private static byte[] Described() => Frames.Join(
        Frames.Export(7, 1 << 20, 3), Frames.BlockSizes(7, 512, 4096, 65_536), Frames.OptionReply(7, 1));

    private static byte[] WholeAnswer(SentRequest request) => request.Command == 0
        ? Frames.Data(request.Cookie, 1, request.Offset, (int)request.Length)
        : Frames.Status(request.Cookie, 1, (512, 3), (request.Length - 512, 0));

    private static byte[] Error(SentRequest request) => Frames.Error(request.Cookie, 0, 5, "bad", request.Offset + 1);

    private static byte[][] PieceByPiece(SentRequest request)
    {
        uint half = request.Length / 2;
        return request.Command == 0
            ?
            [
                Frames.Hole(request.Cookie, 0, request.Offset + half, request.Length - half),
                Frames.Data(request.Cookie, 0, request.Offset, (int)half),
                Frames.Chunk(request.Cookie, 1, 0),
            ]
            :
            [
                Frames.Status(request.Cookie, 0, (512, 1), (512, 2), (request.Length, 3)),
                Frames.Chunk(request.Cookie, 1, 0),
            ];
    }

    private async Task<IReadOnlyList<SentRequest>> ConverseAsync(byte[] input)
    {
        bool isStructured = (input[0] & 1) != 0;
        bool leaves = (input[0] & 8) != 0;
        (int Command, long Offset, int Length)[] asked =
            [.. requests.Where(request => isStructured || request.Command == 0)];
        byte[] start = isStructured ? StructuredStart : SimpleStart;
        await using InputStream stream = new(
            [.. start, .. input[1..]], Guarded.PieceBytes(input[0] >> 1), start.Length, asked.Length);
        NbdClientOptions options = new()
        {
            Connections = 1,
            Transport = (_, _) => Task.FromResult<Stream>(stream),
        };
        await using NbdClient client = await NbdClient
            .ConnectAsync(Guarded.Uri, options, NullLogger.Instance, CancellationToken.None);
        using CancellationTokenSource leaving = new();
        Answer[] answers = [.. asked.Select((request, i) =>
            new Answer(client, request, leaves && i == Left ? leaving.Token : CancellationToken.None))];
        await leaving.CancelAsync();
        await Task.WhenAll(answers.Select(answer => answer.Ended));
        IReadOnlyList<Outcome> outcomes = ReplyModel.Judge(stream.Requests, input[1..], isStructured);
        foreach ((int i, Answer answer) in answers.Index())
        {
            answer.Check(outcomes[i], mayHaveLeft: leaves && i == Left);
        }

        return stream.Requests;
    }
}
