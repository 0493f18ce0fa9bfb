using System.Runtime.CompilerServices;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <content>How one question is asked until there is an answer, or no more sense in asking.</content>
internal sealed partial class FailoverDisk
{
    /// <summary>A server that breaks the protocol on the same read so often will do so again.</summary>
    private const int ProtocolErrorAttempts = 3;

    /// <summary>A read under which so many connections of one client ended may well be what ends them.</summary>
    private const int ConnectionAttempts = 3;

    /// <summary>
    /// A server that hangs up so often under the same read and nothing else, having delivered the pages by which its
    /// disk is recognised each time, does so because of that read: xapi-nbd (OK, then the end) and qemu-nbd 7.2 (the
    /// end) have no other answer to a bad sector.
    /// </summary>
    private const int HangUpAttempts = 3;

    /// <summary>
    /// The same while another server has not been asked: it may be dead, or just be recovering from a bad page among
    /// those by which its disk is recognised, which takes as many attempts again.
    /// </summary>
    private const int HangUpAttemptsBesideOthers = 4 * HangUpAttempts;

    /// <summary>
    /// Asks again and again, elsewhere where possible, until there is an answer or no more sense in it.
    /// </summary>
    private async Task<T> RunAsync<T>(
        Question question, Func<Connected, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.ReadDeadline, _options.TimeProvider);
        await using ConfiguredAsyncDisposable leaving = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), limit).ConfigureAwait(false);
        Enter();
        try
        {
            while (true)
            {
                Connected server = await ChooseAsync(question, limit.Token).ConfigureAwait(false);
                try
                {
                    T answer = await ask(server, limit.Token).ConfigureAwait(false);
                    server.Endpoint.Delivered();
                    return answer;
                }
                catch (NbdException exception)
                {
                    question.History.Add($"{server.Endpoint.Address}: {exception.Message}");
                    await ReactAsync(question, server, exception, limit.Token).ConfigureAwait(false);
                }
                catch (ObjectDisposedException exception)
                {
                    // It stood down at this very moment: for another server, or another disk.
                    question.History.Add($"{server.Endpoint.Address}: {exception.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(question.ToString(), question.History);
        }
        catch (NbdException hopeless)
        {
            throw Failed(hopeless.ToDiskException());
        }
        finally
        {
            Leave();
        }
    }

    private bool IsHopeless(NbdException failure) => _isLazy && failure.Kind == NbdErrorKind.CertificateRejected;

    private void Enter()
    {
        _activity.Enter();
        _idleCloser?.Watch();
    }

    private void Leave() => _activity.Leave();

    private async ValueTask<Connected> ChooseAsync(Question question, CancellationToken limit)
    {
        try
        {
            return question.Refusers.Count > 0
                && await _servers.TryAcquireOtherAsync(question.Refusers, limit).ConfigureAwait(false) is { } other
                ? other
                : await _servers.AcquireAsync(question.Bytes, IsHopeless, limit).ConfigureAwait(false);
        }
        catch (DiskException verdict)
        {
            string tried = question.History.Count == 0 ? "" : $"; before that: {question.History}";
            throw Failed(new DiskException(verdict.Kind, $"{question} failed: {verdict.Message}{tried}", verdict));
        }
    }

    private async Task ReactAsync(
        Question question, Connected server, NbdException exception, CancellationToken limit)
    {
        if (exception.Kind != NbdErrorKind.ServerError || exception.Errno == NbdErrno.Shutdown)
        {
            JudgeHangUp(question, server.Endpoint, exception);
            if (exception.Kind == NbdErrorKind.ConnectionLost
                && _servers.Count == 1
                && server.Client.IsAlive
                && ++question.ConnectionsLost < ConnectionAttempts)
            {
                // It has other connections, with other reads on them, and replaces the one that it lost. Where there
                // are other servers the next answer comes sooner from one of those.
                return;
            }

            server.Endpoint.Lost(server.Client, exception);
            if (exception.Kind == NbdErrorKind.Protocol)
            {
                question.Refusers.Add(server.Endpoint);
                if (++question.ProtocolErrors >= Math.Max(ProtocolErrorAttempts, _servers.Count))
                {
                    throw Failed(new DiskException(
                        DiskErrorKind.Unreachable, $"{question} failed: {question.History}", exception));
                }
            }

            return;
        }

        // A server's error is about the range, not about the connection.
        bool isFirstOfServer = question.Refusers.Add(server.Endpoint);
        int attempts = exception.IsTransient ? Math.Max(_options.ServerErrorAttempts, _servers.Count) : _servers.Count;
        if (++question.ServerErrors >= attempts)
        {
            throw Failed(new DiskException(
                DiskErrorKind.ReadFailed, $"{question} failed: {question.History}", exception));
        }

        if (!isFirstOfServer || question.Refusers.Count == _servers.Count)
        {
            question.Refusers.Clear();
            TimeSpan pause = _serverErrorPauses.After(question.ServerErrors);
            await Task.Delay(pause, _options.TimeProvider, limit).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Finds out whether a server hangs up because of this question: from the first time on it is asked alone, so that
    /// those beside it are not blamed, nor lost with it again.
    /// </summary>
    private void JudgeHangUp(Question question, Endpoint server, NbdException exception)
    {
        if (!exception.IsHangUp || !question.CanBeAlone)
        {
            return;
        }

        if (question.IsAlone)
        {
            question.HangUps++;
            question.HungUpBy.Add(server);
        }

        bool agreed = question.HungUpBy.Count >= _servers.Count;
        if (question.HangUps >= (agreed ? Math.Max(HangUpAttempts, _servers.Count) : HangUpAttemptsBesideOthers))
        {
            throw Failed(new DiskException(
                DiskErrorKind.ReadFailed,
                $"{question} failed: its servers close the connection at it, {question.HangUps} times while they were "
                + $"asked for nothing else: {question.History}",
                exception));
        }

        question.IsAlone = true;
    }

    private DiskException TimedOut(string what, AttemptHistory history)
    {
        string causes = string.Join(
            "; ", _servers.Describe().Where(server => server.LastFailure is not null)
                .Select(server => $"{server.Address} is {server.State}, it last failed with: {server.LastFailure}"));
        return Failed(new DiskException(
            DiskErrorKind.Unreachable,
            $"{what} was given up after {_options.ReadDeadline.TotalSeconds:0.#} s (--read-deadline): {history}; "
            + (causes.Length > 0 ? causes : _servers.Trouble?.Message ?? "the server did not answer")));
    }

    private DiskException Failed(DiskException error)
    {
        _lastError = error.Message;
        DisksLog.ReadFailed(_logger, error.Message);
        return error;
    }
}
