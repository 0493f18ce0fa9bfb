using System.Collections.Concurrent;
using System.Threading.Channels;
using VdiFs.Tests.Xapi.Scripted;

namespace VdiFs.Tests.Xapi.Events;

/// <summary>
/// Answers event.from: a call with an empty token at once with <see cref="Everything"/>, any other with the next thing
/// that a test has put in, for which it waits.
/// </summary>
internal sealed class EventScript
{
    private readonly ConcurrentDictionary<HostRequest, HostAnswer> _answers = new();
    private readonly Channel<HostAnswer> _next = Channel.CreateUnbounded<HostAnswer>();
    private int _token = 100;

    public EventScript(ScriptedPool pool)
    {
        pool.Before = async (request, stopped) =>
        {
            if (request.Verb == "POST" && request.Method == "event.from" && TokenOf(request).Length > 0)
            {
                _answers[request] = await _next.Reader.ReadAsync(stopped);
            }
        };
        pool.Script = request => request.Method != "event.from" || !pool.Sessions.Contains(
            request.Params[0].GetString())
            ? null
            : TokenOf(request).Length > 0 ? _answers[request] : Reply(Everything, Counts);
    }

    /// <summary>The events of a call with an empty token.</summary>
    public string Everything { get; set; } =
        Event("pool", "add", "pool", """{"uuid":"p","master":"OpaqueRef:one"}""") + ","
        + Event("host", "add", "one", """{"uuid":"h","address":"one"}""");

    /// <summary>The counts of every reply.</summary>
    public string Counts { get; set; } = "{}";

    public static string Event(string @class, string operation, string name, string? record = null) =>
        $$"""{"id":"1","timestamp":"0.0","class":"{{@class}}","operation":"{{operation}}","ref":"OpaqueRef:{{name}}"{{(record is null ? "" : ",\"snapshot\":" + record)}}}""";

    public static string Vdi(string operation, string name, string label = "") =>
        Event("vdi", operation, name, $$"""{"uuid":"{{name}}","name_label":"{{label}}","virtual_size":1}""");

    /// <summary>What the next waiting call brings.</summary>
    public void Send(params string[] events) => Send(Reply(string.Join(',', events), Counts));

    public void Send(HostAnswer answer) => _next.Writer.TryWrite(answer);

    public static string TokenOf(HostRequest request) => request.Params[2].GetString()!;

    private HostAnswer Reply(string events, string counts) => HostAnswer.Result(
        $$"""{"events":[{{events}}],"valid_ref_counts":{{counts}},"token":"{{_token++:D20}},{{0:D20}}"}""");
}
