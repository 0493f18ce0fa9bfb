using System.Text;
using VdiFs.Commands;
using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>Where a password is taken from, and what is said when there is none.</summary>
public sealed class PasswordSourceTests : IDisposable
{
    private const string Credential = "vdifs.password";

    private readonly string _directory = Directory.CreateTempSubdirectory("vdifs-password-").FullName;
    private readonly Dictionary<string, string> _variables = [];
    private readonly StringBuilder _told = new();
    private Queue<ConsoleKeyInfo>? _keys;
    private Func<string?>? _handOver;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("secret")]
    [InlineData("secret\n")]
    [InlineData("secret\r\n")]
    [InlineData("secret\n\n")]
    public void A_file_holds_one_line_whatever_ends_it(string content)
    {
        Assert.Equal("secret", Read(Write("file", content)));
        Assert.Empty(_told.ToString());
    }

    [Fact]
    public void Spaces_belong_to_a_password_and_so_does_what_is_not_ASCII()
    {
        Assert.Equal(" p\u00e4ss word\t", Read(Write("file", " p\u00e4ss word\t\n")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("one\ntwo\n")]
    [InlineData("\nsecret\n")]
    public void A_file_with_anything_else_is_no_password_file(string content)
    {
        string file = Write("file", content);
        UsageException error = Assert.Throws<UsageException>(() => Read(file));
        Assert.Equal($"{file} holds no password: expected one line", error.Message);
    }

    [Theory]
    [InlineData(4096, false)]
    [InlineData(4097, true)]
    public void A_file_that_was_named_by_mistake_is_not_read_whole(int length, bool isRefused)
    {
        string file = Write("file", new string('x', length));
        Exception? error = Record.Exception(() => Read(file));
        Assert.Equal(isRefused, error is UsageException);
        Assert.True(isRefused || error is null);
    }

    [Theory]
    [InlineData(UnixFileMode.None, false)]
    [InlineData(UnixFileMode.GroupRead, true)]
    [InlineData(UnixFileMode.OtherRead, true)]
    [InlineData(UnixFileMode.GroupWrite | UnixFileMode.OtherExecute, false)]
    public void Of_a_file_that_others_may_read_the_user_is_told(UnixFileMode others, bool isTold)
    {
        string file = Write("file", "secret");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        Assert.Equal("secret", Read(file));
        Assert.Equal(isTold ? $"vdifs: other users may read {file}: chmod 600 it\n" : "", _told.ToString());
    }

    [Fact]
    public void A_file_that_is_not_there_or_is_none_is_an_error_and_nothing_is_taken_in_its_place()
    {
        _variables[PasswordSource.Variable] = "from the environment";
        Assert.Throws<FileNotFoundException>(() => Read(Path.Combine(_directory, "missing")));
        Assert.Throws<UnauthorizedAccessException>(() => Read(_directory));
    }

    [Fact]
    public void The_file_goes_before_the_environment_that_before_the_credential_and_that_before_the_terminal()
    {
        string file = Write("file", "from the file");
        Write(Credential, "from systemd\n");
        _variables[PasswordSource.Variable] = "from the environment";
        _variables["CREDENTIALS_DIRECTORY"] = _directory;
        Type("from the terminal\r");

        Assert.Equal("from the file", Read(file));
        Assert.Equal("from the environment", Read());
        _variables[PasswordSource.Variable] = "";
        Assert.Equal("from systemd", Read());
        File.Delete(Path.Combine(_directory, Credential));
        Assert.Equal("from the terminal", Read());
    }

    [Fact]
    public void A_credential_is_systemds_to_guard_and_is_one_line_too()
    {
        _variables["CREDENTIALS_DIRECTORY"] = _directory;
        string credential = Write(Credential, "secret\n");
        File.SetUnixFileMode(credential, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal("secret", Read());
        Assert.Empty(_told.ToString());
        Write(Credential, "one\ntwo\n");
        Assert.Throws<UsageException>(() => Read());
    }

    [Fact]
    public void Whoever_sits_at_the_terminal_is_asked_and_may_correct_himself()
    {
        Type("\b\bsecrex\bt\u0001\u001b\r");
        Assert.Equal("secret", Read());
        Assert.Equal("Password of backup: \n", _told.ToString());
    }

    [Fact]
    public void A_prompt_that_is_left_empty_gives_none()
    {
        Type("x\b\r");
        Assert.Throws<UsageException>(() => Read());
    }

    [Fact]
    public void What_is_typed_has_an_end()
    {
        Type(new string('x', 5000) + "\r");
        Assert.Equal(4096, Read().Length);
    }

    [Fact]
    public void Without_any_all_the_places_are_named()
    {
        UsageException error = Assert.Throws<UsageException>(() => Read());
        foreach (string place in (string[])["--password-file FILE", "VDIFS_PASSWORD", Credential, "a terminal"])
        {
            Assert.Contains(place, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_background_process_takes_what_its_parent_hands_over_and_nothing_else()
    {
        string file = Write("file", "from the file");
        _handOver = () => "from the parent";
        Assert.Equal("from the parent", Read(file));
        _handOver = () => null;
        Assert.Throws<UsageException>(() => Read(file));
    }

    private string Read(string? file = null) => PasswordSource.Read(file, "backup", new PasswordPlaces
    {
        Variable = name => _variables.GetValueOrDefault(name),
        HandOver = () => _handOver,
        Keyboard = () => _keys is null ? null : _keys.Dequeue,
        Tell = text => _told.Append(text),
    });

    private void Type(string keys) => _keys = new Queue<ConsoleKeyInfo>(keys.Select(key => new ConsoleKeyInfo(
        key,
        key switch
        {
            '\r' => ConsoleKey.Enter,
            '\b' => ConsoleKey.Backspace,
            _ => ConsoleKey.None,
        },
        shift: false,
        alt: false,
        control: false)));

    private string Write(string name, string content)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
