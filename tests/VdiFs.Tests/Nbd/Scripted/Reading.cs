using VdiFs.Nbd;
using Xunit;

namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>Short words for what the tests do all the time.</summary>
internal static class Reading
{
    /// <summary>Reads into a buffer full of 0xAA, so that a byte nobody wrote shows.</summary>
    public static async Task<byte[]> ReadAsync(this NbdClient client, long offset, int length)
    {
        byte[] buffer = new byte[length];
        Array.Fill(buffer, (byte)0xAA);
        await client.ReadAsync(offset, [buffer], CancellationToken.None).AsTask().WaitAsync(ScriptedNbdServer.Bound);
        return buffer;
    }

    /// <summary>Turns a hang into a failure.</summary>
    public static Task BoundedAsync(this Task task) => task.WaitAsync(ScriptedNbdServer.Bound);

    /// <summary>Turns a hang into a failure.</summary>
    public static Task<T> BoundedAsync<T>(this Task<T> task) => task.WaitAsync(ScriptedNbdServer.Bound);

    /// <summary>Awaits a failure and returns it.</summary>
    public static Task<NbdException> FailsAsync(this Task task) =>
        Assert.ThrowsAsync<NbdException>(() => task.WaitAsync(ScriptedNbdServer.Bound));

    /// <summary>Awaits a failure of this kind and returns it.</summary>
    public static async Task<NbdException> FailsAsync(this Task task, NbdErrorKind kind)
    {
        NbdException failure = await task.FailsAsync();
        Assert.Equal(kind, failure.Kind);
        return failure;
    }
}
