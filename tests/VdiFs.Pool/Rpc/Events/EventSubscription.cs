using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Events;

/// <summary>What event.from is to tell of: "*", a class, or one object of it.</summary>
/// <param name="ClassName">The class, null for all.</param>
/// <param name="Ref">The object, null for all.</param>
internal sealed record EventSubscription(string? ClassName, string? Ref)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="XapiFailureException">EVENT_SUBSCRIPTION_PARSE_FAILURE.</exception>
    public static EventSubscription Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length switch
        {
            1 when text == "*" => new EventSubscription(null, null),
            1 => new EventSubscription(text, null),
            2 => new EventSubscription(parts[0], parts[1]),
            _ => throw new XapiFailureException("EVENT_SUBSCRIPTION_PARSE_FAILURE", text),
        };
    }

    public bool Covers(string className) =>
        ClassName is null || ClassName.Equals(className, StringComparison.OrdinalIgnoreCase);

    public bool Covers(string className, string reference) =>
        Covers(className) && (Ref is null || Ref == reference);
}
