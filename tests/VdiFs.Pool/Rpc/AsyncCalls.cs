using System.Collections.Concurrent;
using System.Xml.Linq;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>Calls with the prefix "Async.": they answer with a task, which tells the result when it is there.</summary>
internal sealed class AsyncCalls(PoolState state) : IAsyncDisposable
{
    // xapi refuses more (TOO_MANY_PENDING_TASKS) so that its own work goes on.
    private const int MostPending = 200;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Task> _running = [];

    public RpcValue Start(RpcCall call, Func<CancellationToken, Task<RpcValue>> work)
    {
        if (_running.Count >= MostPending)
        {
            throw new XapiFailureException("TOO_MANY_PENDING_TASKS");
        }

        TaskObject task = state.Mutate(() =>
        {
            var made = new TaskObject(state) { NameLabel = call.Method, ResidentOn = state.Coordinator };
            made.OtherConfig.Replace(call.TaskNotes);
            return state.Add(made);
        });
        _running[task.Ref] = Task.Run(() => RunAsync(task, work));
        return RpcValue.Of(task.Ref);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Values);
        _stopping.Dispose();
    }

    private async Task RunAsync(TaskObject task, Func<CancellationToken, Task<RpcValue>> call)
    {
        try
        {
            RpcValue result = await call(_stopping.Token);
            task.Complete(result.Kind == RpcKind.Void
                ? ""
                : XmlRpcWriter.Value(result).ToString(SaveOptions.DisableFormatting));
        }
        catch (XapiFailureException failure)
        {
            task.Fail(failure.ErrorInfo);
        }
        catch (OperationCanceledException)
        {
            task.Fail(["TASK_CANCELLED", task.Ref]);
        }
        finally
        {
            _running.TryRemove(task.Ref, out _);
        }
    }
}
