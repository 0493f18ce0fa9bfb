namespace VdiFs.Fuzz.Images;

/// <summary>How much may be read in one run: an image that makes its reader go round in circles uses it up.</summary>
internal sealed class ReadBudget
{
    // Opening a file and looking it over, each structure a few times.
    private const long PerFile = 64L * 1024 * 1024;
    private const int TimesItsLength = 16;

    // A read costs something even when it is short.
    private const int PerRead = 64;

    private long _left;
    private long _all;

    /// <summary>Bytes that were read, each read counting as a few more.</summary>
    public long Taken => _all - _left;

    /// <summary>A file of this length may be read.</summary>
    public void Add(long fileLength)
    {
        long more = PerFile + TimesItsLength * fileLength;
        _left += more;
        _all += more;
    }

    /// <exception cref="FuzzFailureException">That is too much.</exception>
    public void Take(int bytes)
    {
        _left -= bytes + PerRead;
        if (_left < 0)
        {
            throw new FuzzFailureException($"more than {_all} bytes are read");
        }
    }
}
