using Microsoft.Win32.SafeHandles;

namespace VdiFs.Fuse.Device;

/// <summary>The local files that the kernel may read in the place of a connection's server.</summary>
internal interface IBackingFiles
{
    /// <summary>
    /// Adds a file (FUSE_DEV_IOC_BACKING_OPEN). The kernel holds it until it is closed here and by every reader. Reads
    /// nothing, so it does not wait.
    /// </summary>
    /// <param name="file">Open, for this call.</param>
    /// <param name="error">Why there is no id.</param>
    /// <returns>The id to answer OPEN with, above 0; else 0.</returns>
    int OpenBacking(SafeFileHandle file, out Errno error);

    /// <summary>Takes an id back (FUSE_DEV_IOC_BACKING_CLOSE); whoever has the file open reads on.</summary>
    void CloseBacking(int id);
}
