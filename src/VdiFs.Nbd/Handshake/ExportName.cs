using System.Text;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>The name of an export as it is shown, and as it goes over the wire: there a secret may follow it.</summary>
/// <param name="shown">What people may see of it; "" is the default export.</param>
/// <param name="secret">What follows on the wire; null for nothing.</param>
internal sealed class ExportName(string shown, NbdSecret? secret = null)
{
    /// <summary>What people may see of it.</summary>
    public string Shown => shown;

    /// <summary>What to call the export in a message.</summary>
    public string Title => shown.Length == 0 ? "its default export" : $"the export '{ServerText.Shown(shown)}'";

    /// <summary>The name for the wire.</summary>
    /// <exception cref="NbdException">HandshakeFailed: it is longer than a name may be.</exception>
    public byte[] ToWire()
    {
        byte[] name = Encoding.UTF8.GetBytes(shown + secret?.Text);
        return name.Length <= NbdLimits.StringBytes
            ? name
            : throw new NbdException(
                NbdErrorKind.HandshakeFailed,
                $"{Title} has {name.Length} bytes with what follows it; a name has {NbdLimits.StringBytes} at most");
    }

    /// <summary>A text of the server's without the secret, which it knows and may quote.</summary>
    public string Hide(string text) => secret?.Hide(text) ?? text;

    /// <summary>One line of the server's words for a message, without the secret.</summary>
    public string Hide(ReadOnlySpan<byte> text) => secret is null
        ? ServerText.Shown(text)
        : ServerText.Shown(secret.Hide(Encoding.UTF8.GetString(text)));
}
