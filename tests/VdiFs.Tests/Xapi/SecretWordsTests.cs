using System.Globalization;
using VdiFs.Xapi;
using Xunit;

namespace VdiFs.Tests.Xapi;

/// <summary>What may be told of a server's text: everything but passwords and sessions.</summary>
public sealed class SecretWordsTests
{
    [Theory]
    [InlineData("secret", "the secret of root", "the (hidden) of root")]
    [InlineData("secret", "secretsecret", "(hidden)(hidden)")]
    // Shorter ones are parts of other words, and are hidden where they stand alone.
    [InlineData("root!", "user root! is unknown", "user root! is unknown")]
    [InlineData("root!", "root!", "(hidden)")]
    [InlineData("", "anything", "anything")]
    public void A_password_is_hidden(string password, string text, string shown) =>
        Assert.Equal(shown, new SecretWords(password).Shown(text));

    [Fact]
    public void The_last_sessions_are_hidden_and_the_one_that_counts_for_as_long_as_it_does()
    {
        SecretWords words = new("");
        words.Keep("OpaqueRef:kept");
        string[] others = [.. Enumerable.Range(10, 20).Select(
            number => string.Create(CultureInfo.InvariantCulture, $"OpaqueRef:{number}"))];
        Array.ForEach(others, words.Add);

        Assert.All(others.TakeLast(16), session => Assert.Equal("in (hidden)", words.Shown($"in {session}")));
        Assert.Equal("in OpaqueRef:10", words.Shown("in OpaqueRef:10"));
        Assert.Equal("in (hidden)", words.Shown("in OpaqueRef:kept"));

        words.Keep("OpaqueRef:next");
        Assert.Equal("(hidden) (hidden)", words.Shown("OpaqueRef:kept OpaqueRef:next"));
    }

    [Fact]
    public void A_long_text_is_cut_after_what_is_secret_was_hidden()
    {
        int most = XapiLimits.ErrorParameterCharacters;
        SecretWords words = new("correct horse");

        Assert.Equal(new string('x', most), words.Shown(new string('x', most)));
        string cut = words.Shown(new string('x', most - 5) + "correct horse" + new string('y', most));
        Assert.DoesNotContain("corre", cut, StringComparison.Ordinal);
        Assert.StartsWith(new string('x', most - 5), cut, StringComparison.Ordinal);
        Assert.DoesNotContain('y', cut);
    }
}
