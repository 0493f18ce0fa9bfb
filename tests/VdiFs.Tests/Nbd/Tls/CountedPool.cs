using System.Buffers;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>
/// A pool that counts, lends each array once, and spoils it when it comes back: who still reads it is found out.
/// </summary>
internal sealed class CountedPool : ArrayPool<byte>
{
    private readonly HashSet<byte[]> _lent = [];

    /// <summary>How many arrays are lent.</summary>
    public int Lent => _lent.Count;

    /// <summary>How many arrays were ever lent.</summary>
    public int Rentals { get; private set; }

    public override byte[] Rent(int minimumLength)
    {
        Rentals++;
        byte[] array = new byte[minimumLength];
        _lent.Add(array);
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        if (!_lent.Remove(array))
        {
            throw new InvalidOperationException("an array came back that is not lent");
        }

        Array.Clear(array);
    }
}
