namespace VdiFs.Xapi.Model.Reading;

/// <summary>
/// Equal texts of many records become one: a pool's mirror holds each reference several times, and words such as "user"
/// thousands of times. Not thread-safe.
/// </summary>
internal sealed class TextPool
{
    /// <summary>Longer texts are descriptions, which seldom repeat.</summary>
    private const int LongestShared = 64;

    /// <summary>Enough for the references of 20,000 VDIs with their VBDs; beyond it the pool begins anew.</summary>
    private const int Capacity = 200_000;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public string Share(string text)
    {
        if (text.Length > LongestShared)
        {
            return text;
        }

        if (_texts.TryGetValue(text, out string? shared))
        {
            return shared;
        }

        if (_texts.Count >= Capacity)
        {
            _texts.Clear();
        }

        _texts.Add(text);
        return text;
    }
}
