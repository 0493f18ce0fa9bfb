using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Local;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class SparseFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Holes_of_a_file_are_unallocated_and_its_data_is_not()
    {
        const int Granule = AllocationMap.DefaultGranuleBytes;
        using SafeFileHandle file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, 100L * Granule);
        RandomAccess.Write(file, new byte[Granule], 7L * Granule);
        RandomAccess.Write(file, new byte[1], (100L * Granule) - 1);
        AllocationMap? map = SparseFile.ReadAllocation(file, 100L * Granule);
        Assert.SkipWhen(map is null, "the file system of the temporary directory does not tell holes from data");
        Assert.Equal([7, 99], Enumerable.Range(0, 100).Where(granule => map.IsAllocated(granule)));
    }

    [Fact]
    public void A_file_that_is_one_hole_has_nothing_allocated()
    {
        using SafeFileHandle file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, 1L << 40);
        Assert.Equal(0, SparseFile.ReadAllocation(file, 1L << 40)?.AllocatedGranules);
        Assert.Equal(1L << 40, SparseFile.LengthOf(file));
    }
}
