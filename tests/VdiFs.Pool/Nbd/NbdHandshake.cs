using System.Buffers.Binary;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using VdiFs.Pool.Faults;

namespace VdiFs.Pool.Nbd;

/// <summary>The option haggling of xapi-nbd, answer for answer (nbd: lib/server.ml, connect).</summary>
/// <param name="channel">The client.</param>
/// <param name="certificate">For FORCEDTLS; null for NOTLS.</param>
internal sealed class NbdHandshake(NbdChannel channel, X509Certificate2? certificate)
{
    // The real server takes what it is told to take; nothing sensible comes near this.
    private const int LargestOptionBytes = 1024 * 1024;

    /// <summary>Haggles until the client names an export.</summary>
    /// <exception cref="ConnectionEndedException">The server gives the client up.</exception>
    internal async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        channel.CutAt(NbdHandshakeStep.BeforeGreeting);
        await channel.WriteAsync(NbdWire.Greeting(), cancellationToken);
        channel.CutAt(NbdHandshakeStep.AfterGreeting);
        byte[] flags = await channel.ReadAsync(sizeof(uint), cancellationToken);
        channel.CutAt(NbdHandshakeStep.AfterClientFlags);
        if (certificate is not null)
        {
            if ((BinaryPrimitives.ReadUInt32BigEndian(flags) & NbdWire.ClientFixedNewstyle) == 0)
            {
                throw new ConnectionEndedException("client does not report Fixed_newstyle in FORCEDTLS mode");
            }

            await AwaitStartTlsAsync(certificate, cancellationToken);
        }

        return await AwaitExportNameAsync(cancellationToken);
    }

    private async Task AwaitStartTlsAsync(X509Certificate2 ours, CancellationToken cancellationToken)
    {
        while (true)
        {
            (uint option, _) = await ReadOptionAsync(cancellationToken);
            switch ((NbdOption)option)
            {
                case NbdOption.StartTls:
                    await ReplyAsync(option, NbdOptionReply.Ack, cancellationToken);
                    channel.CutAt(NbdHandshakeStep.AfterStartTls);
                    await channel.StartTlsAsync(ours, cancellationToken);
                    channel.CutAt(NbdHandshakeStep.InTls);
                    return;
                case NbdOption.ExportName:
                    throw new ConnectionEndedException("export requested in cleartext in FORCEDTLS mode");
                case NbdOption.Abort:
                    throw new ConnectionEndedException("abort before TLS");
                default:
                    await ReplyAsync(option, NbdOptionReply.TlsRequired, cancellationToken);
                    break;
            }
        }
    }

    private async Task<string> AwaitExportNameAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (uint option, byte[] data) = await ReadOptionAsync(cancellationToken);
            switch ((NbdOption)option)
            {
                case NbdOption.ExportName:
                    channel.CutAt(NbdHandshakeStep.AfterExportName);
                    return Encoding.UTF8.GetString(data);
                case NbdOption.Abort:
                    await ReplyAsync(option, NbdOptionReply.Ack, cancellationToken);
                    throw new ConnectionEndedException("client requested abort");
                case NbdOption.StartTls:
                    NbdOptionReply refusal = channel.IsTls ? NbdOptionReply.Invalid : NbdOptionReply.Policy;
                    await ReplyAsync(option, refusal, cancellationToken);
                    break;
                case NbdOption.List:
                    await ReplyAsync(option, NbdOptionReply.Policy, cancellationToken);
                    break;
                default:
                    await ReplyAsync(option, NbdOptionReply.Unsupported, cancellationToken);
                    break;
            }
        }
    }

    private async Task<(uint Option, byte[] Data)> ReadOptionAsync(CancellationToken cancellationToken)
    {
        byte[] header = await channel.ReadAsync(NbdWire.OptionHeaderBytes, cancellationToken);
        if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdWire.OptionMagic)
        {
            throw new ConnectionEndedException("bad option magic");
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(12));
        if (length is < 0 or > LargestOptionBytes)
        {
            throw new ConnectionEndedException("absurd option length");
        }

        byte[] data = await channel.ReadAsync(length, cancellationToken);
        channel.CutAt(NbdHandshakeStep.AfterOption);
        return (BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)), data);
    }

    private Task ReplyAsync(uint option, NbdOptionReply type, CancellationToken cancellationToken) =>
        channel.WriteAsync(NbdWire.OptionReply(option, type), cancellationToken);
}
