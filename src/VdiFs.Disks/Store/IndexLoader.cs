using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>Finds what earlier mounts have kept of a disk, by the heads of its segments. Reads no block.</summary>
internal static class IndexLoader
{
    /// <summary>Takes the segments of a content into an index. A file that is no segment, or not yet, is passed over: it is
    /// never used, and so goes first when there is no room.</summary>
    /// <param name="directory">The store's directory.</param>
    /// <param name="key">Which content.</param>
    /// <param name="diskLength">The disk's length in bytes.</param>
    /// <param name="index">Receives what there is.</param>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be read.</exception>
    public static void Load(string directory, ContentKey key, long diskLength, BlockIndex index)
    {
        // The oldest first: what was written anew in place of a damaged block is found in a later one.
        foreach (FileInfo file in StoreDirectory.SegmentsOf(directory, key.Disk))
        {
            try
            {
                Load(file, key, diskLength, index);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another mount has just made room; or it cannot be read, and so is not kept.
            }
        }
    }

    private static void Load(FileInfo file, ContentKey key, long diskLength, BlockIndex index)
    {
        using SafeFileHandle handle = Open(file.FullName);
        Span<byte> start = stackalloc byte[SegmentHeader.Size];
        int length = RandomAccess.Read(handle, start, fileOffset: 0);
        if (SegmentHeader.Read(start[..length]) is { } header && header.Content == key.Content)
        {
            byte[] head = new byte[header.HeadBytes];
            length = RandomAccess.Read(handle, head, fileOffset: 0);
            AddSlots(file.FullName, header, head.AsSpan(0, length), diskLength, index);
        }
    }

    private static void AddSlots(
        string path, SegmentHeader header, ReadOnlySpan<byte> head, long diskLength, BlockIndex index)
    {
        long blocks = BlockSlice.BlocksIn(0, diskLength);
        List<(long BlockNumber, int Slot)> used = [];
        for (int slot = 0; slot < header.Slots; slot++)
        {
            int offset = (int)SegmentHeader.SlotOffset(slot);
            if (offset + SegmentSlot.Size > head.Length)
            {
                break;
            }

            SegmentSlot read = SegmentSlot.Read(head[offset..]);
            // A damaged one may name any block: whether it holds that is seen when it is read.
            if (read.IsUsed && read.BlockNumber < blocks)
            {
                used.Add((read.BlockNumber, slot));
            }
        }

        if (used.Count > 0 && index.TryAdd(path, header, used.Count) is { } segment)
        {
            foreach ((long blockNumber, int slot) in used)
            {
                index.Add(blockNumber, new BlockPlace(segment, slot));
            }
        }
    }

    /// <summary>Opens a segment to read it, whoever else has it open.</summary>
    public static SafeFileHandle Open(string path) => File.OpenHandle(
        path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
