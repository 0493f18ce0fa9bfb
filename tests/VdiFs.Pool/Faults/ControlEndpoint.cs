using System.Globalization;
using System.Reflection;
using System.Text;
using VdiFs.Pool.Http;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Faults;

/// <summary>
/// <c>/_control</c>: a path that no real host has, without a login. GET tells what is left over; POST sets a fault
/// (<c>?set=NbdSilent&amp;value=true&amp;host=2</c>) or does something to the pool (<c>?do=kill&amp;host=2</c>).
/// Hosts count from 1.
/// </summary>
public sealed class ControlEndpoint(PoolState state, PoolActions actions)
{
    private const string Path = "/_control";

    /// <summary>Puts the handlers into the servers' routes.</summary>
    public void Register(HttpRoutes routes)
    {
        routes.Add("GET", Path, (exchange, token) => SayAsync(exchange, Summary(), token));
        routes.Add("POST", Path, ChangeAsync);
    }

    private static Task SayAsync(HttpExchange exchange, string text, CancellationToken cancellationToken) =>
        exchange.RespondAsync("200 OK", "text/plain", Encoding.UTF8.GetBytes(text + "\n"), cancellationToken);

    private string Summary() => state.Read(() =>
    {
        int dom0Vbds = state.All<VbdObject>().Count(vbd => vbd.Dom0Host is not null);
        int snapshots = state.All<VdiObject>().Count(vdi => vdi.IsASnapshot);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sessions {state.Sessions.Count}\ntasks {state.All<TaskObject>().Count}\n"
            + $"dom0-vbds {dom0Vbds}\nsnapshots {snapshots}");
    });

    private async Task ChangeAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string> parameters = exchange.Request.Parameters;
        try
        {
            HostObject? host = parameters.TryGetValue("host", out string? number)
                ? state.Hosts[int.Parse(number, CultureInfo.InvariantCulture) - 1]
                : null;
            if (parameters.TryGetValue("set", out string? name))
            {
                Set(host is null ? state.Faults : host.Faults, name, parameters.GetValueOrDefault("value", ""));
            }
            else
            {
                Do(parameters.GetValueOrDefault("do", ""), host);
            }
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
            await exchange.FailAsync("400 Bad Request", wrong.Message, cancellationToken);
            return;
        }

        await SayAsync(exchange, Summary(), cancellationToken);
    }

    private static void Set(object faults, string name, string value)
    {
        PropertyInfo property = faults.GetType().GetProperty(name)
            ?? throw new FormatException($"{faults.GetType().Name} has no {name}");
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        bool mayBeNull = type != property.PropertyType || !type.IsValueType;
        property.SetValue(faults, value.Length == 0 && mayBeNull ? null : Read(type, value));
    }

    private static object Read(Type type, string value) => type switch
    {
        _ when type == typeof(TimeSpan) => TimeSpan.Parse(value, CultureInfo.InvariantCulture),
        _ when type == typeof(IReadOnlyList<string>) => value.Split(','),
        { IsEnum: true } => Enum.Parse(type, value),
        _ => Convert.ChangeType(value, type, CultureInfo.InvariantCulture),
    };

    private void Do(string what, HostObject? host)
    {
        switch (what)
        {
            case "lose-sessions":
                actions.LoseSessions();
                break;
            case "restart-toolstack":
                actions.RestartToolstack();
                break;
            case "collect":
                actions.Collector.Collect();
                break;
            case "kill":
                actions.Kill(Needed(host));
                break;
            case "revive":
                actions.Revive(Needed(host));
                break;
            case "lead":
                actions.ChangeCoordinator(Needed(host));
                break;
            case "replace-certificate":
                actions.ReplaceCertificate(Needed(host));
                break;
            default:
                throw new FormatException($"nothing is called {what}");
        }
    }

    private static HostObject Needed(HostObject? host) => host ?? throw new FormatException("which host?");
}
