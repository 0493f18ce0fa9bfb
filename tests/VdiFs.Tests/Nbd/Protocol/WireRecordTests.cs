using VdiFs.Nbd;
using VdiFs.Nbd.Protocol;
using Xunit;

namespace VdiFs.Tests.Nbd.Protocol;

public sealed class WireRecordTests
{
    private delegate object Reader(ReadOnlySpan<byte> source);

    public static TheoryData<string, object, string> Records => new()
    {
        { "greeting", new ServerGreeting(NbdMagic.Init, NbdMagic.HaveOption, NbdHandshakeFlags.NoZeroes), "4e42444d41474943 49484156454f5054 0002" },
        { "option", new OptionHeader(NbdMagic.HaveOption, NbdOption.Go, 258), "49484156454f5054 00000007 00000102" },
        { "reply", new OptionReplyHeader(NbdMagic.OptionReply, NbdOption.List, NbdOptionReply.ErrorUnknown, 3), "0003e889045565a9 00000003 80000006 00000003" },
        { "size", new ExportSize(0x1122334455667788, NbdTransmissionFlags.HasFlags | NbdTransmissionFlags.CanMultiConn), "1122334455667788 0101" },
        { "block sizes", new BlockSizes(1, 4096, uint.MaxValue), "00000001 00001000 ffffffff" },
        { "request", new RequestHeader(NbdMagic.Request, 0, NbdCommand.BlockStatus, 0x0102030405060708, 9, 10), "25609513 0000 0007 0102030405060708 0000000000000009 0000000a" },
        { "simple reply", new SimpleReplyHeader(NbdMagic.SimpleReply, 5, 0x0102030405060708), "67446698 00000005 0102030405060708" },
        { "chunk", new ChunkHeader(NbdMagic.StructuredReply, NbdChunkFlags.Done, NbdChunkType.ErrorOffset, 0x0102030405060708, 14), "668e33ef 0001 8002 0102030405060708 0000000e" },
        { "hole", new HoleChunk(0x0102030405060708, 512), "0102030405060708 00000200" },
        { "descriptor", new BlockDescriptor(65_536, 3), "00010000 00000003" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_written_and_read_as_the_document_says(string name, object record, string hex)
    {
        Assert.NotEmpty(name);
        byte[] expected = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Type type = record.GetType();
        Assert.Equal(expected.Length, type.GetField("Size")!.GetValue(null));
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(Write(record, expected.Length)));
        Assert.Equal(record, ReaderOf(type)(expected));
    }

    [Fact]
    public void Every_wire_record_is_in_the_table()
    {
        IEnumerable<Type> records = typeof(ServerGreeting).Assembly.GetTypes()
            .Where(type => type.Namespace == "VdiFs.Nbd.Protocol" && type.GetField("Size") is not null);
        Assert.Equal(
            records.Select(type => type.Name).Order(),
            Records.Select(row => row.Data.Item2.GetType().Name).Order());
    }

    private static byte[] Write(object record, int size)
    {
        byte[] bytes = new byte[size];
        switch (record)
        {
            case ServerGreeting r: r.Write(bytes); break;
            case OptionHeader r: r.Write(bytes); break;
            case OptionReplyHeader r: r.Write(bytes); break;
            case ExportSize r: r.Write(bytes); break;
            case BlockSizes r: r.Write(bytes); break;
            case RequestHeader r: r.Write(bytes); break;
            case SimpleReplyHeader r: r.Write(bytes); break;
            case ChunkHeader r: r.Write(bytes); break;
            case HoleChunk r: r.Write(bytes); break;
            case BlockDescriptor r: r.Write(bytes); break;
            default: throw new InvalidOperationException(record.GetType().Name);
        }

        return bytes;
    }

    private static Reader ReaderOf(Type type) => type.Name switch
    {
        nameof(ServerGreeting) => source => ServerGreeting.Read(source),
        nameof(OptionHeader) => source => OptionHeader.Read(source),
        nameof(OptionReplyHeader) => source => OptionReplyHeader.Read(source),
        nameof(ExportSize) => source => ExportSize.Read(source),
        nameof(BlockSizes) => source => BlockSizes.Read(source),
        nameof(RequestHeader) => source => RequestHeader.Read(source),
        nameof(SimpleReplyHeader) => source => SimpleReplyHeader.Read(source),
        nameof(ChunkHeader) => source => ChunkHeader.Read(source),
        nameof(HoleChunk) => source => HoleChunk.Read(source),
        nameof(BlockDescriptor) => source => BlockDescriptor.Read(source),
        _ => throw new InvalidOperationException(type.Name),
    };
}
