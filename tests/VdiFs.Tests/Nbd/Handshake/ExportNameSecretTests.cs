using VdiFs.Nbd;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Handshake;

/// <summary>What follows an export name goes over the wire and nowhere else.</summary>
public sealed class ExportNameSecretTests
{
    private const string Secret = "OpaqueRef:1f2e3d4c";
    private const string Shown = "uuid?session_id=";

    private static readonly NbdClientOptions Options =
        new() { Connections = 1, ExportNameSecret = new NbdSecret(Secret) };

    [Fact]
    public async Task The_server_gets_name_and_secret_and_people_the_name()
    {
        string? named = null;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(XapiNbd.Serving(
            4096, named: name => (named = name) is not null));
        RecordingLogger logger = new();
        await using NbdClient client = await NbdClient
            .ConnectAsync(server.Uri(Shown), Options, logger, TestContext.Current.CancellationToken).BoundedAsync();
        Assert.Equal(Wire.Disk(0, 512), await client.ReadAsync(0, 512));
        Assert.Equal(Shown + Secret, named);
        Assert.Equal(Shown, client.Export.Name);
        Assert.NotEmpty(logger.Entries);
        Assert.DoesNotContain(logger.Entries, entry => Tells(entry.Message));
    }

    [Fact]
    public async Task Go_and_metadata_contexts_have_it_too()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 1));
            AssertNames(await peer.ExpectOptionAsync(10));
            await peer.SendAsync(Wire.OptionReply(10, 1));
            AssertNames(await peer.ExpectOptionAsync(7));
            await peer.SendAsync(
                Wire.OptionReply(7, 3, Wire.U16(1), Wire.Text(Shown + Secret)),
                Wire.OptionReply(7, 3, Wire.U16(2), Wire.Text("disk " + Secret)),
                Wire.InfoExport(7, 4096, 3),
                Wire.OptionReply(7, 1));
        });
        await using NbdClient client = await server.ConnectAsync(Shown, Options);
        Assert.Equal((Shown + "(secret)", "disk (secret)"), (client.Export.CanonicalName, client.Export.Description));
    }

    [Theory]
    [InlineData(0x80000006u)]
    [InlineData(0x80000002u)]
    [InlineData(0x8badf00du)]
    public async Task A_refusal_that_quotes_the_secret_is_told_without_it(uint reply)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.GreetAsync(3);
            await peer.ExpectOptionAsync(8);
            await peer.SendAsync(Wire.OptionReply(8, 0x80000001));
            await peer.ExpectOptionAsync(7);

            // Where a cut in the middle of the secret would leave some of it.
            string words = new string('x', 195) + Shown + Secret;
            await peer.SendAsync(Wire.OptionReply(7, reply, Wire.Text(words)));
        });
        NbdException failure = await server.ConnectAsync(Shown, Options).FailsAsync();
        Assert.False(Tells(failure.ToString()), failure.ToString());
        Assert.DoesNotContain("Opaque", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_closes_in_the_place_of_an_answer_is_told_without_it()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(XapiNbd.Serving(4096, named: _ => false));
        NbdException failure = await server.ConnectAsync(Shown, Options).FailsAsync(NbdErrorKind.ClosedAtOpening);
        Assert.StartsWith(
            $"the server closed the connection instead of opening the export '{Shown}'",
            failure.Message,
            StringComparison.Ordinal);
        Assert.False(Tells(failure.ToString()));
    }

    [Fact]
    public async Task An_error_to_a_read_that_quotes_the_secret_is_told_without_it()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            ScriptedRequest request = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Error(request.Cookie, 5, "bad: " + Secret, Wire.Done));
        });
        await using NbdClient client = await server.ConnectAsync(Shown, Options);
        NbdException failure = await client.ReadAsync(0, 512).FailsAsync(NbdErrorKind.ServerError);
        Assert.EndsWith("bad: (secret)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_too_long_with_its_secret_is_refused_without_showing_it()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(XapiNbd.Serving(4096));
        NbdException failure = await server
            .ConnectAsync(new string('n', 4090), Options).FailsAsync(NbdErrorKind.HandshakeFailed);
        Assert.Contains("4108 bytes", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient || Tells(failure.ToString()));
    }

    [Fact]
    public void Options_do_not_show_it() => Assert.False(Tells(Options.ToString()));

    private static bool Tells(string text) => text.Contains("1f2e3d4c", StringComparison.OrdinalIgnoreCase);

    private static void AssertNames(byte[] data)
    {
        byte[] name = Wire.Text(Shown + Secret);
        Assert.Equal(Wire.Join(Wire.U32((uint)name.Length), name), data[..(4 + name.Length)]);
    }
}
