using VdiFs.Disks.Local;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class QemuNbdServerTests
{
    [Fact]
    public void The_program_is_not_taken_from_the_current_directory()
    {
        string planted = Path.Combine(Environment.CurrentDirectory, "qemu-nbd");
        File.WriteAllText(planted, "");
        string? found = QemuNbdServer.FindProgram();
        File.Delete(planted);
        Assert.True(found is null || (Path.IsPathRooted(found) && found != planted), found);
    }
}
