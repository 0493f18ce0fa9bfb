using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>One reply to an option. <see cref="Data"/> is valid until the next reply is read.</summary>
/// <param name="Option">The option that is answered.</param>
/// <param name="Type">Its type.</param>
/// <param name="Data">Its data, at most 64 KiB.</param>
internal readonly record struct OptionReply(NbdOption Option, NbdOptionReply Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>Whether bit 31 is set.</summary>
    public bool IsError => ((uint)Type & 0x8000_0000) != 0;

    /// <summary>The exception for an error reply that the option cannot live with.</summary>
    /// <param name="name">The export that the option was about; null for an option that is about none.</param>
    public NbdException ToException(ExportName? name)
    {
        string words = Data.Length == 0 ? "" : name?.Hide(Data.Span) ?? ServerText.Shown(Data.Span);
        string said = words.Length == 0 ? "" : $": {words}";
        string title = name?.Title ?? "its exports";
        return Type switch
        {
            NbdOptionReply.ErrorTlsRequired => new(
                NbdErrorKind.TlsRequired,
                $"the server talks only over TLS; write nbds:// for nbd://, or nbds+unix:// for nbd+unix://{said}"),
            NbdOptionReply.ErrorUnknown => new(NbdErrorKind.UnknownExport, $"the server does not have {title}{said}"),
            NbdOptionReply.ErrorPolicy => new(
                NbdErrorKind.HandshakeFailed, $"the server's policy forbids {Option} of {title}{said}"),
            NbdOptionReply.ErrorShutdown => new(
                NbdErrorKind.HandshakeFailed, $"the server is shutting down{said}") { Errno = NbdErrno.Shutdown },
            NbdOptionReply.ErrorBlockSizeRequired => new(
                NbdErrorKind.HandshakeFailed, $"the server insists on block sizes that it did not tell{said}"),
            NbdOptionReply.ErrorUnsupported => new(
                NbdErrorKind.HandshakeFailed, $"the server does not know {Option}{said}"),
            _ => new(
                NbdErrorKind.HandshakeFailed,
                $"the server refuses {Option} of {title} (reply 0x{(uint)Type:x8}){said}"),
        };
    }

    /// <summary>The exception for a reply that does not belong to its option.</summary>
    public NbdException Unexpected() =>
        NbdException.Protocol($"{Option} was answered by a reply of type 0x{(uint)Type:x8} with {Data.Length} bytes");
}
