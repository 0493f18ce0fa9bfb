using System.Buffers.Binary;
using Xunit;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>A qcow2 file read as its specification says, strictly.</summary>
internal sealed class Qcow2Reading
{
    private const int Cluster = 64 * 1024;
    private const ulong OffsetMask = 0x00fffffffffffe00;

    private readonly byte[] _file;
    private readonly SortedDictionary<long, long> _places = [];

    public Qcow2Reading(byte[] file)
    {
        _file = file;
        Assert.Equal(0x514649fbu, U32(0));
        Assert.Equal(3u, U32(4));
        Assert.Equal(16u, U32(20));
        Assert.Equal(104u, U32(100));
        Assert.Equal(0, file.Length % Cluster);
        ReadTables();
        CheckRefcounts();
    }

    public long Length => (long)U64(24);

    /// <summary>The clusters of the disk that are there, ascending.</summary>
    public IEnumerable<long> Clusters => _places.Keys;

    public byte[] Data(long cluster) => _file.AsSpan(checked((int)_places[cluster]), Cluster).ToArray();

    private void ReadTables()
    {
        int first = (int)U64(40);
        for (int i = 0; i < U32(36); i++)
        {
            int second = (int)(U64(first + (i * 8)) & OffsetMask);
            for (int j = 0; second != 0 && j < Cluster / 8; j++)
            {
                long place = (long)(U64(second + (j * 8)) & OffsetMask);
                if (place != 0)
                {
                    _places.Add(((long)i * (Cluster / 8)) + j, place);
                }
            }
        }

        Assert.Equal(_places.Values.Order(), _places.Values);
        Assert.True(_places.Count == 0 || _places.Values.Last() == _file.Length - Cluster);
    }

    // Every cluster of the file is counted once, and none behind it.
    private void CheckRefcounts()
    {
        int table = (int)U64(48);
        for (int i = 0; i < (int)U32(56) * Cluster / 8; i++)
        {
            int counts = (int)U64(table + (i * 8));
            for (int j = 0; counts != 0 && j < Cluster / 2; j++)
            {
                bool isThere = ((long)i * (Cluster / 2)) + j < _file.Length / Cluster;
                Assert.Equal(isThere ? 1 : 0, BinaryPrimitives.ReadUInt16BigEndian(_file.AsSpan(counts + (j * 2))));
            }
        }
    }

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_file.AsSpan(offset));

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_file.AsSpan(offset));
}
