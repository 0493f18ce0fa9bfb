using BenchmarkDotNet.Attributes;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Benchmarks;

/// <summary>What a read costs of NBD's own bytes: a request written, the heads of its reply read.</summary>
public class NbdHeaderBenchmarks
{
    private readonly byte[] _request = new byte[RequestHeader.Size];
    private readonly byte[] _chunk = new byte[ChunkHeader.Size];
    private readonly byte[] _simple = new byte[SimpleReplyHeader.Size];
    private ulong _cookie;

    [GlobalSetup]
    public void Fill()
    {
        new ChunkHeader(NbdMagic.StructuredReply, NbdChunkFlags.Done, NbdChunkType.OffsetData, 7, 1 << 20)
            .Write(_chunk);
        new SimpleReplyHeader(NbdMagic.SimpleReply, 0, 7).Write(_simple);
    }

    [Benchmark]
    public byte Write_request()
    {
        _cookie++;
        new RequestHeader(NbdMagic.Request, 0, NbdCommand.Read, _cookie, _cookie << 20, 1 << 20).Write(_request);
        return _request[^1];
    }

    [Benchmark]
    public ulong Read_chunk_header()
    {
        var header = ChunkHeader.Read(_chunk);
        return header.Cookie + header.Length;
    }

    [Benchmark]
    public ulong Read_simple_reply_header() => SimpleReplyHeader.Read(_simple).Cookie;
}
