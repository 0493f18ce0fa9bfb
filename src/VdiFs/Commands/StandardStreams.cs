using Microsoft.Win32.SafeHandles;

namespace VdiFs.Commands;

/// <summary>Makes the console write to the process's standard descriptors themselves.</summary>
/// <remarks>The console otherwise works on duplicates: after a daemon has let go of its terminal they would still write
/// there, and keep whoever waits for the end of its output waiting.</remarks>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    public static void UseDescriptors()
    {
        Console.SetOut(WriterOf(Output));
        Console.SetError(WriterOf(Error));
    }

    private static TextWriter WriterOf(int descriptor)
    {
        var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return TextWriter.Synchronized(new StreamWriter(stream) { AutoFlush = true });
    }
}
