using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>task.*: what clients do with tasks of their own.</summary>
internal static class TaskMethods
{
    private const string Pending = "pending";

    private static readonly string[] Statuses = [Pending, "success", "failure", "cancelling", "cancelled"];

    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add("task.create", 2, a => RpcValue.Of(state.Add(new TaskObject(state)
        {
            NameLabel = a.Text(0),
            NameDescription = a.Text(1),
            ResidentOn = state.Coordinator,
            IsClients = true,
        }).Ref));
        methods.Add("task.set_progress", 2, a => Change(a, task => task.Progress = a.Float(1)));
        methods.Add("task.set_result", 2, a => Change(a, task => task.Result = a.Text(1)));
        methods.Add("task.set_error_info", 2, a => Change(a, task => task.ErrorInfo = a.Texts(1)));
        methods.Add("task.set_status", 2, a => Change(a, task => task.Status = Status(a.Text(1))));
        methods.Add("task.cancel", 1, a => Change(a, Cancel), hasAsync: true);
        methods.Add("task.destroy", 1, a => Change(a, Destroy));

        void Change(RpcArguments arguments, Action<TaskObject> change) => state.Mutate(() =>
        {
            TaskObject task = arguments.Object<TaskObject>(0);
            change(task);
            if (task.DestroyAsked && task.Status != Pending)
            {
                state.Remove(task);
            }
        });

        // The operation's name is the reference of whoever cancels; nobody else ends a client's own task.
        void Cancel(TaskObject task) => task.CurrentOperations[state.NewRef()] = "cancel";

        void Destroy(TaskObject task)
        {
            task.DestroyAsked = true;
            if (task.Status == Pending)
            {
                task.CurrentOperations["task"] = "destroy";
            }
        }
    }

    // xapi: "No value matches" is what its generated reader of enumerations raises.
    private static string Status(string text) => Statuses.Contains(text)
        ? text
        : throw new XapiFailureException("INTERNAL_ERROR", "No value matches " + text);
}
