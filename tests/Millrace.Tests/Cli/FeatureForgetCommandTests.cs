using Millrace.Cli;
using Millrace.Tests.FeatureForget;

namespace Millrace.Tests.Cli;

public sealed class FeatureForgetCommandTests : IAsyncLifetime
{
    private ForgetScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await ForgetScene.CreateAsync();

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Rows_of_an_erased_user_go_and_all_others_stay_bit_for_bit()
    {
        var (before, files) = (_scene.Read(), _scene.Names());
        _scene.Erase("u1");
        var others = before.Where(row => !ForgetScene.IsOf("u1", row)).ToArray();
        Assert.InRange(others.Length, 1, before.Length - 1);

        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync("--dry-run"));
        Assert.Contains($"{before.Length - others.Length:N0} rows of erased persons stand there still", _scene.Output, StringComparison.Ordinal);
        Assert.Equal(before, _scene.Read());

        Assert.True(await _scene.ForgetAsync() == ExitCode.Ok, $"{_scene.Output}{_scene.Error}");
        Assert.Contains($"{before.Length:N0} rows in {files.Length:N0} files looked through; {before.Length - others.Length:N0} rows of erased persons are gone", _scene.Output, StringComparison.Ordinal);
        Assert.Equal(others, _scene.Read());
        Assert.Equal(files, _scene.Names());
        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync());
        Assert.Contains("; 0 rows of erased persons are gone", _scene.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_out_is_not_built_again()
    {
        _scene.Erase("u1");
        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync());
        var (without, written) = (_scene.Read(), _scene.Written());
        Assert.Equal(ExitCode.Ok, await _scene.BuildAsync());
        Assert.Contains($"in 1 slices; {written.Length - 1:N0} were done before", _scene.Output, StringComparison.Ordinal); // The last ends where the journal does, and is never final.
        Assert.Equal(written[..^1], _scene.Written()[..^1]);
        Assert.Equal(without, _scene.Read());
    }

    [Fact]
    public async Task Files_in_which_nothing_is_found_are_not_touched()
    {
        var before = _scene.Written();
        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync());
        Assert.Equal(before, _scene.Written());
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_said()
    {
        Assert.Equal(ExitCode.Usage, await _scene.RunAsync("forget", _scene.Data, "--rows", _scene.Rows + "x"));
        Assert.Contains("--rows: there is no directory", _scene.Error, StringComparison.Ordinal);
    }
}
