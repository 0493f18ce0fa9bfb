using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>The first conversation on a connection: INIT, once or, with a kernel of a newer major, twice.</summary>
internal static class Handshake
{
    // A newer major makes two rounds; more are nonsense.
    private const int MaxRounds = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Answers INIT on the calling thread.</summary>
    /// <param name="device">The connection, not read by anybody else yet.</param>
    /// <param name="answer">Used for the replies; the caller's again afterwards.</param>
    /// <param name="options">What to ask for.</param>
    /// <param name="logger">Hears what was agreed.</param>
    /// <returns>What both sides can and want.</returns>
    /// <exception cref="FuseMountException">The kernel is silent, too old, or gone.</exception>
    public static FuseInitFlags Run(FuseDevice device, FuseRequest answer, FuseMountOptions options, ILogger logger)
    {
        byte[] buffer = GC.AllocateArray<byte>(FuseReader.RequestBufferLength, pinned: true);
        for (int round = 0; round < MaxRounds; round++)
        {
            ReadOnlySpan<byte> message = ReadInit(device, buffer);
            InHeader header = MemoryMarshal.Read<InHeader>(message);
            InitIn request = ParseInit(message[InHeader.Size..]);
            NegotiationOutcome outcome = Negotiation.Answer(
                in request,
                options.MaxBackground,
                (uint)options.ReadAheadKiB * 1024,
                Environment.SystemPageSize,
                options.Passthrough,
                out InitOut reply);
            answer.Begin(device, in header);
            if (outcome == NegotiationOutcome.Refused)
            {
                answer.Fail(Errno.EPROTO);
                throw new FuseMountException(
                    FuseMountErrorKind.Protocol,
                    $"this kernel speaks FUSE {request.Major}.{request.Minor}; "
                    + $"7.{Negotiation.OldestMinor} (Linux 3.15) or newer is needed");
            }

            answer.SucceedWith(in reply);
            if (outcome == NegotiationOutcome.Accepted)
            {
                FuseInitFlags flags = (FuseInitFlags)(reply.Flags | ((ulong)reply.Flags2 << 32));
                FuseLog.Negotiated(logger, reply.Major, reply.Minor, flags);
                return flags;
            }
        }

        throw new FuseMountException(FuseMountErrorKind.Protocol, "the kernel offers no FUSE protocol of major 7");
    }

    private static ReadOnlySpan<byte> ReadInit(FuseDevice device, byte[] buffer)
    {
        while (device.WaitForRequest(Timeout))
        {
            int length = device.Read(buffer, out Errno error);
            if (error is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT)
            {
                continue;
            }

            if (length < InHeader.Size + InitIn.ShortSize
                || MemoryMarshal.Read<InHeader>(buffer).Opcode != FuseOpcode.Init)
            {
                throw new FuseMountException(
                    FuseMountErrorKind.Protocol, $"expected the kernel's INIT, found {length} bytes ({error})");
            }

            return buffer.AsSpan(0, length);
        }

        throw new FuseMountException(
            FuseMountErrorKind.Protocol, $"the kernel sent no INIT within {Timeout.TotalSeconds:0} s");
    }

    private static InitIn ParseInit(ReadOnlySpan<byte> body)
    {
        Span<byte> whole = stackalloc byte[InitIn.Size];
        whole.Clear();
        body[..Math.Min(body.Length, InitIn.Size)].CopyTo(whole);
        return MemoryMarshal.Read<InitIn>(whole);
    }
}
