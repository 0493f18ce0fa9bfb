using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>A request that was made, and what came of it.</summary>
internal sealed class Answer
{
    private readonly byte[] _bytes;
    private IReadOnlyList<NbdExtent>? _extents;
    private Exception? _failure;

    public Answer(
        NbdClient client, (int Command, long Offset, int Length) request, CancellationToken cancellationToken)
    {
        _bytes = new byte[request.Command == 0 ? request.Length : 0];
        Array.Fill(_bytes, (byte)0xAA);
        Ended = RunAsync(client, request, cancellationToken);
    }

    /// <summary>Ends when the request has, without an exception.</summary>
    public Task Ended { get; }

    /// <summary>Throws when the request ended otherwise than it must.</summary>
    public void Check(Outcome expected, bool mayHaveLeft)
    {
        switch (_failure)
        {
            case OperationCanceledException when mayHaveLeft:
                return;
            case null when expected is { IsFinished: true, Error: 0 }:
                if (expected.Bytes?.AsSpan().SequenceEqual(_bytes) == false
                    || expected.Extents?.SequenceEqual(_extents!) == false)
                {
                    throw new FuzzFailureException("a success with wrong bytes or extents");
                }

                return;
            case NbdException { Kind: NbdErrorKind.ServerError } said when
                expected.IsFinished && expected.Error == unchecked((uint)said.Errno):
                Guarded.EnsureOneLine(said);
                return;
            case NbdException { Kind: NbdErrorKind.Protocol or NbdErrorKind.ConnectionLost } lost when
                !expected.IsFinished:
                Guarded.EnsureOneLine(lost);
                return;
            default:
                throw new FuzzFailureException(
                    $"expected finished {expected.IsFinished}, error {expected.Error}; "
                    + $"found {_failure?.ToString() ?? "success"}");
        }
    }

    private async Task RunAsync(
        NbdClient client, (int Command, long Offset, int Length) request, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Command == 0)
            {
                await client.ReadAsync(request.Offset, [_bytes], cancellationToken);
            }
            else
            {
                _extents = await client.GetBlockStatusAsync(request.Offset, request.Length, cancellationToken);
            }
        }
#pragma warning disable CA1031 // Judged by Check, whatever it is.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
        }
    }
}
