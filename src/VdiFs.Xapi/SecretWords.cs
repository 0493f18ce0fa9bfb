namespace VdiFs.Xapi;

/// <summary>
/// What must not appear in any message: the password and the references of sessions. XAPI's errors quote them.
/// Thread-safe.
/// </summary>
/// <param name="password">Never forgotten.</param>
internal sealed class SecretWords(string password)
{
    private const string Cover = "(hidden)";

    /// <summary>
    /// Shorter words are hidden only where they are the whole text: elsewhere they are a part of others.
    /// </summary>
    private const int ShortestInside = 6;

    /// <summary>Sessions that are remembered beside the one that counts; an older one is long invalid.</summary>
    private const int Capacity = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<string> _sessions = [];
    private string _current = "";

    /// <summary>Hides a session that nobody may know, for as long as it is one of the last.</summary>
    public void Add(string session)
    {
        lock (_gate)
        {
            Remember(session);
        }
    }

    /// <summary>Hides the session that counts from now on until the next one does, however many others come.</summary>
    public void Keep(string session)
    {
        lock (_gate)
        {
            Remember(_current);
            _current = session;
        }
    }

    /// <summary>
    /// What a server sent, fit for a message. Hidden before it is cut: half a secret is not recognized.
    /// </summary>
    public string Shown(string text)
    {
        lock (_gate)
        {
            return ServerText.Shown(_sessions.Prepend(_current).Prepend(password).Aggregate(text, Hidden));
        }
    }

    private void Remember(string session)
    {
        if (_sessions.Contains(session))
        {
            return;
        }

        if (_sessions.Count == Capacity)
        {
            _sessions.RemoveAt(0);
        }

        _sessions.Add(session);
    }

    private static string Hidden(string text, string word)
    {
        if (word.Length == 0)
        {
            return text;
        }

        if (text == word)
        {
            return Cover;
        }

        return word.Length >= ShortestInside ? text.Replace(word, Cover, StringComparison.Ordinal) : text;
    }
}
