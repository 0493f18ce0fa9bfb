using VdiFs.Pool.Content;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Demo;

/// <summary>Makes disks: real ones where there are, else with bytes that follow from a seed.</summary>
internal sealed class DiskFactory(PoolState state, int seed, DiskFolder folder)
{
    private const long Granule = 2L << 20;

    // One extent in each of these parts of a disk: holes and data alternate.
    private const int Parts = 8;
    private const int ScribbleBytes = 200_000;

    private readonly Random _random = new(seed);
    private readonly Dictionary<VdiObject, int> _stages = [];

    /// <summary>A disk in a chain of VHDs.</summary>
    public VdiObject Add(string srName, string name, long length, string type = "user") =>
        Add(srName, name, length, VdiImage.Vhd, type);

    /// <summary>A disk in a chain of qcow2 images.</summary>
    public VdiObject AddQcow2(string srName, string name, long length)
    {
        VdiObject vdi = Add(srName, name, length, VdiImage.Qcow2, "user");
        vdi.SmConfig["image-format"] = "qcow2";
        return vdi;
    }

    /// <summary>A raw volume.</summary>
    public VdiObject AddRaw(string srName, string name, long length)
    {
        VdiObject vdi = Add(srName, name, length, VdiImage.Raw, "user");
        vdi.SmConfig["type"] = "raw";
        return vdi;
    }

    /// <summary>An installation image.</summary>
    public VdiObject AddIso(string name, bool isTools)
    {
        VdiObject vdi = Add(PoolHardware.IsoSr, name, 8 * Granule, VdiImage.Raw, "user");
        vdi.ReadOnly = true;
        vdi.IsToolsIso = isTools;
        vdi.Location = name;
        return vdi;
    }

    /// <summary>Changes disks: to their next stage, or with writes here and there, as a guest does.</summary>
    public void Scribble(params VdiObject[] disks)
    {
        foreach (VdiObject vdi in disks)
        {
            if (vdi.Content is { } content)
            {
                Scribble(vdi, content);
            }
        }
    }

    private void Scribble(VdiObject vdi, IVdiContent content)
    {
        int stage = _stages[vdi] = _stages.GetValueOrDefault(vdi, 1) + 1;
        if (folder.Find(vdi.NameLabel, 1) is not null)
        {
            // A real disk keeps the bytes of its last stage: noise would spoil its file system.
            if (folder.Find(vdi.NameLabel, stage) is { } next)
            {
                content.Become(next);
            }

            return;
        }

        byte[] data = new byte[ScribbleBytes];
        _random.NextBytes(data);
        content.Write(_random.NextInt64(content.Length - data.Length), data);
    }

    private VdiObject Add(string srName, string name, long length, VdiImage image, string type)
    {
        SrObject sr = state.All<SrObject>().Single(sr => sr.NameLabel == srName);
        ByteRange[] extents = [.. Extents(length)];
        ulong contentSeed = (ulong)_random.NextInt64();
        FileSource? real = folder.Find(name, 1);
        if (real is not null)
        {
            // As SRs of VHDs do it: whole blocks.
            length = (real.Length + Granule - 1) / Granule * Granule;
        }

        return state.Add(new VdiObject(state)
        {
            Sr = sr,
            NameLabel = name,
            VirtualSizeBytes = length,
            PhysicalUtilisationBytes = extents.Sum(extent => extent.Length),
            Type = type,
            Content = new VdiContent(length, image, real ?? (IContentSource)new SeededSource(contentSeed, extents)),
        });
    }

    /// <summary>The disk's first granule, and one of a few granules in each of its parts.</summary>
    private IEnumerable<ByteRange> Extents(long length)
    {
        long granules = length / Granule;
        long part = Math.Max(2, granules / Parts);
        for (long granule = 0; granule < granules; granule += part)
        {
            long most = Math.Min(part - 1, granules - granule);
            yield return new ByteRange(granule * Granule, Granule * (1 + _random.NextInt64(Math.Clamp(most, 1, 4))));
        }
    }
}
