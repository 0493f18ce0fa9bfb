using VdiFs.Xapi;
using Xunit;

namespace VdiFs.Tests.Xapi.Scripted;

internal static class Failing
{
    /// <summary>Cancelled when the test is.</summary>
    public static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>Expects a refusal of this kind, as one line.</summary>
    public static async Task<XapiException> FailsAsync(this Task task, XapiErrorKind kind)
    {
        XapiException failure =
            await Assert.ThrowsAsync<XapiException>(() => task.WaitAsync(ScriptedHost.Bound, Ending));
        Assert.True(failure.Kind == kind, failure.ToString());
        Assert.DoesNotContain('\n', failure.Message);
        return failure;
    }
}
