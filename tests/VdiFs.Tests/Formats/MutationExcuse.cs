using System.Text;

namespace VdiFs.Tests.Formats;

/// <summary>Why mutations of some bytes of a format may go unseen.</summary>
internal sealed class MutationExcuse
{
    private readonly Func<byte[], IEnumerable<(int Start, int Length)>> _find;

    private MutationExcuse(string reason, Func<byte[], IEnumerable<(int Start, int Length)>> find)
    {
        Reason = reason;
        _find = find;
    }

    /// <summary>In one sentence.</summary>
    internal string Reason { get; }

    /// <summary>For bytes at these offsets.</summary>
    internal static MutationExcuse At(string reason, params (int Start, int Length)[] parts) => new(reason, _ => parts);

    /// <summary>For as many bytes behind each of these texts, which are in the file once.</summary>
    internal static MutationExcuse Behind(string reason, params (string Text, int Length)[] parts) =>
        new(reason, file => parts.Select(part => (
            file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(part.Text)) + part.Text.Length, part.Length)));

    /// <summary>Whether nothing but these bytes of the undamaged image was changed.</summary>
    internal bool Covers(byte[] good, ImageMutation mutation) =>
        mutation.Length is null
        && mutation.Patches.All(patch => _find(good).Any(part =>
            patch.Offset >= part.Start && patch.Offset + patch.Bytes.Length <= part.Start + part.Length));
}
