using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VdiFs.EndToEnd.Harness;

/// <summary>Where a file has data, as SEEK_DATA and SEEK_HOLE tell it.</summary>
internal static class DataMap
{
    public static IReadOnlyList<(long Start, long End)> Of(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        List<(long Start, long End)> runs = [];
        long offset = 0;
        while (true)
        {
            long start = Native.Seek(file, offset, Native.SeekData);
            if (start < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                return error == Native.Enxio
                    ? runs
                    : throw new Win32Exception(error, $"SEEK_DATA from {offset} of {path}");
            }

            long end = Native.Seek(file, start, Native.SeekHole);
            Assert.True(end > start, $"SEEK_HOLE from {start} of {path} gives {end}");
            runs.Add((start, end));
            offset = end;
        }
    }
}
