using System.Buffers.Binary;
using Xunit;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>A VHD file read as the specification says, strictly.</summary>
internal sealed class VhdReading
{
    private const int BlockBytes = 2 << 20;

    private readonly byte[] _file;

    public VhdReading(byte[] file)
    {
        _file = file;
        Assert.Equal("conectix"u8, file.AsSpan(0, 8));
        Assert.Equal(file.AsSpan(0, 512), file.AsSpan(file.Length - 512));
        Assert.Equal("cxsparse"u8, file.AsSpan(512, 8));
        CheckSum(file.AsSpan(0, 512), 64);
        CheckSum(file.AsSpan(512, 1024), 36);
        Assert.Equal(2048u, U32(512 + 20));
        Assert.Equal((uint)BlockBytes, U32(512 + 32));
        Assert.Equal((Length + BlockBytes - 1) / BlockBytes, U32(512 + 28));
        CheckOrder();
    }

    public long Length => BinaryPrimitives.ReadInt64BigEndian(_file.AsSpan(48));

    public uint DiskType => U32(60);

    public Guid Id => new(_file.AsSpan(68, 16), bigEndian: true);

    public Guid ParentId => new(_file.AsSpan(512 + 40, 16), bigEndian: true);

    public uint FirstLocatorCode => U32(512 + 576);

    public ulong FirstLocatorOffset => BinaryPrimitives.ReadUInt64BigEndian(_file.AsSpan(512 + 592));

    /// <summary>The data blocks that are there, ascending.</summary>
    public IEnumerable<int> Blocks =>
        Enumerable.Range(0, (int)U32(512 + 28)).Where(block => Entry(block) != uint.MaxValue);

    public byte[] Block(int block) =>
        _file.AsSpan(checked((int)Entry(block) * 512) + 512, BlockBytes).ToArray();

    private uint Entry(int block) => U32(2048 + (block * 4));

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_file.AsSpan(offset));

    // Blocks follow the table and each other without a gap, in order, each with a full bitmap; then the footer.
    private void CheckOrder()
    {
        int tableBytes = (((int)U32(512 + 28) * 4) + 511) / 512 * 512;
        int next = 2048 + tableBytes;
        foreach (int block in Blocks)
        {
            Assert.Equal(next, (int)Entry(block) * 512);
            Assert.False(_file.AsSpan(next, 512).ContainsAnyExcept((byte)0xFF));
            next += 512 + BlockBytes;
        }

        Assert.Equal(_file.Length - 512, next);
    }

    private static void CheckSum(ReadOnlySpan<byte> structure, int at)
    {
        uint sum = 0;
        for (int i = 0; i < structure.Length; i++)
        {
            sum += i >= at && i < at + 4 ? 0u : structure[i];
        }

        Assert.Equal(~sum, BinaryPrimitives.ReadUInt32BigEndian(structure[at..]));
    }
}
