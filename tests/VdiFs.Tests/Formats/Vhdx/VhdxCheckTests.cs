using VdiFs.Tests.Formats.Reading;
using Xunit;
using static VdiFs.Tests.Formats.Vhdx.VhdxImages;

namespace VdiFs.Tests.Formats.Vhdx;

/// <summary>What readers of VHDX notice and what none of them does.</summary>
public sealed class VhdxCheckTests
{
    // Blocks 0, 2 and 3 of four.
    private static readonly byte[] Good = Images.Write("vhdx", TestDisk.With(8 * Mebibyte, 0, 70, 97));

    public static TheoryData<string, bool> Mutations
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string name in Changes.Keys)
            {
                // Whose order it is cannot be told by the specification alone.
                data.Add(name, name != "BAT entries swapped");
            }

            return data;
        }
    }

    private static Dictionary<string, Action<byte[]>> Changes { get; } = new()
    {
        ["header 1 crc"] = file => file[FirstHeader + 4] ^= 1,
        ["header 2 crc"] = file => file[SecondHeader + 4] ^= 1,
        ["region table 1 crc"] = file => file[FirstRegions + 4] ^= 1,
        ["region table 2 crc"] = file => file[SecondRegions + 4] ^= 1,
        ["BAT entries swapped"] = file => file.Swap(Table, Table + 16),
        ["BAT entry duplicated"] = file => file.Put(Table + 8, file.Get(Table)),
        ["BAT entry beyond the end"] = file => file.Put(Table, 6 | 100UL << 20),
        ["BAT entry far beyond the end"] = file => file.Put(Table, 6 | 0xFFF_FFFF_FFFFUL << 20),
        ["BAT entry in the metadata"] = file => file.Put(Table, 6 | 2UL << 20),
        ["BAT entry with reserved bits"] = file => file.Put(Table, file.Get(Table) | 8),
        ["log id set, log empty"] = file =>
        {
            file[FirstHeader + 48] = file[SecondHeader + 48] = 1;
            file.SealAll();
        },
        ["file parameters missing"] = file => file[Metadata + 32]++,
        ["disk size missing"] = file => file[Metadata + 64]++,
        ["version 2"] = file =>
        {
            file[FirstHeader + 66] = file[SecondHeader + 66] = 2;
            file.SealAll();
        },
        ["equal sequence numbers"] = file =>
        {
            file[SecondHeader + 8] = 1;
            file.SealAll();
        },
        ["region tables differ"] = file =>
        {
            file[SecondRegions + 24] ^= 1;
            file.SealAll();
        },
        ["block size 3 MiB"] = file => file.Put(Items, 0x300000),
        ["disk size 0"] = file => file.Put(Items + 8, 0),
        ["disk of 65 TiB"] = file => file.Put(Items + 8, 65UL << 40),
        ["a parent that is not named"] = file => file[Items + 4] = 2,
        ["unknown required metadata"] = file =>
        {
            file[Metadata + 10] = 6;
            file[Metadata + 32 + 5 * 32] = 7;
            file[Metadata + 32 + 5 * 32 + 24] = 4;
        },
    };

    [Theory, MemberData(nameof(Mutations))]
    public void A_mutation_is_found(string name, bool isAgainstTheSpecification)
    {
        byte[] file = Good.With(Changes[name]);
        Assert.NotEqual(Good, file);
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
        Assert.Equal(isAgainstTheSpecification, Images.Faults(file, Images.Foreign).Length > 0);
    }

    [Fact]
    public void A_file_cut_by_1_MiB_is_found_although_readers_of_the_last_block_do_not_see_it()
    {
        Assert.Contains("payload block 3", Images.Faults(Good[..^Mebibyte], Images.Foreign)[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Mebibyte)]
    public void Bytes_behind_the_end_are_found(int count)
    {
        Assert.NotEmpty(Images.Faults([.. Good, .. new byte[count]], Images.Strict));
    }

    [Fact]
    public void Every_id_is_checked_against_the_one_that_has_a_checksum()
    {
        byte[] file = Good.With(bytes => bytes[Items + 20] ^= 1);
        Assert.Empty(Images.Faults(file, Images.Foreign));
        Assert.Contains("metadata", Assert.Single(Images.Faults(file, Images.Strict)));
    }
}
