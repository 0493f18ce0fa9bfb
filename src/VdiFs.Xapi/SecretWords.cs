namespace VdiFs.Xapi;

/// <summary>
/// What must not appear in any message: the password and the references of sessions. XAPI's errors quote them.
/// Thread-safe.
/// </summary>
internal sealed class SecretWords
{
    private const string Cover = "(hidden)";

    /// <summary>Shorter words are hidden only where they are the whole text: elsewhere they are a part of others.</summary>
    private const int ShortestInside = 6;

    /// <summary>Sessions that are remembered; an older one is long invalid.</summary>
    private const int Capacity = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate. The first is the password, which is never forgotten.
    private readonly List<string> _words = [];

    public void Add(string word)
    {
        lock (_gate)
        {
            if (word.Length == 0 || _words.Contains(word))
            {
                return;
            }

            if (_words.Count == Capacity)
            {
                _words.RemoveAt(1);
            }

            _words.Add(word);
        }
    }

    public string Hide(string text)
    {
        lock (_gate)
        {
            return _words.Aggregate(text, Hidden);
        }
    }

    private static string Hidden(string text, string word)
    {
        if (text == word)
        {
            return Cover;
        }

        return word.Length >= ShortestInside ? text.Replace(word, Cover, StringComparison.Ordinal) : text;
    }
}
