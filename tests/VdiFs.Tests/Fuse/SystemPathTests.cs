using VdiFs.Fuse.Device;
using Xunit;

namespace VdiFs.Tests.Fuse;

public sealed class SystemPathTests
{
    [Fact]
    public void Programs_come_from_the_path_and_not_from_the_current_directory()
    {
        string name = "vdifs-test-" + Guid.NewGuid().ToString("n");
        File.WriteAllText(Path.Combine(Environment.CurrentDirectory, name), "");
        string? found = SystemPath.FindProgram(name);
        File.Delete(Path.Combine(Environment.CurrentDirectory, name));
        Assert.Null(found);
    }

    [Fact]
    public void Programs_are_found_with_their_whole_path() =>
        Assert.EndsWith("/sh", SystemPath.FindProgram("sh"));
}
