using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>Memory of cache blocks: whole pages of their own, which can be given back.</summary>
public sealed class BlockMemoryTests
{
    private const byte Something = 0x5A;

    [Fact]
    public void Memory_starts_at_a_multiple_of_the_block_size()
    {
        Memory<byte> memory = BlockMemory.Allocate(blocks: 3);
        Assert.Equal(3 * CacheBlock.SizeBytes, memory.Length);
        Assert.Equal(0, BlockMemory.AddressOf(memory) % CacheBlock.SizeBytes);
    }

    [Fact]
    public void The_address_is_that_of_the_bytes()
    {
        Memory<byte> memory = BlockMemory.Allocate(blocks: 2);
        Assert.Equal(
            CacheBlock.SizeBytes,
            BlockMemory.AddressOf(memory[CacheBlock.SizeBytes..]) - BlockMemory.AddressOf(memory));
    }

    [Fact]
    public void What_is_given_back_has_lost_its_pages_and_its_neighbours_have_not()
    {
        Memory<byte> memory = BlockMemory.Allocate(blocks: 3);
        memory.Span.Fill(Something);
        BlockMemory.Discard(memory.Slice(CacheBlock.SizeBytes, CacheBlock.SizeBytes));

        Assert.Equal(-1, memory.Span[..CacheBlock.SizeBytes].IndexOfAnyExcept(Something));
        Assert.Equal(-1, memory.Span[(2 * CacheBlock.SizeBytes)..].IndexOfAnyExcept(Something));

        // A page that is gone reads as zeros, wherever it comes from then.
        Assert.Equal(
            -1, memory.Span.Slice(CacheBlock.SizeBytes, CacheBlock.SizeBytes).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void What_was_given_back_can_be_used_again()
    {
        Memory<byte> memory = BlockMemory.Allocate(blocks: 1);
        BlockMemory.Discard(memory);
        memory.Span.Fill(Something);
        Assert.Equal(-1, memory.Span.IndexOfAnyExcept(Something));
    }
}
