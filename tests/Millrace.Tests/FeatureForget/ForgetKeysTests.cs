using Millrace.Cli;
using Millrace.Journal.Local;

namespace Millrace.Tests.FeatureForget;

/// <summary>What no key opens was erased only when its key was destroyed: a key file that is not there, another's, older or damaged takes no row away.</summary>
public sealed class ForgetKeysTests : IAsyncLifetime
{
    private const int SlotBytes = 64;
    private ForgetScene _scene = null!;
    private string[] _before = [];

    public async ValueTask InitializeAsync()
    {
        _scene = await ForgetScene.CreateAsync();
        _scene.Erase("u1");
        _before = _scene.Read();
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Without_the_key_file_nothing_is_judged()
    {
        File.Move(_scene.KeyFile, _scene.KeyFile + ".away");
        await RefusedAsync(ExitCode.DataUnusable, "there is no key file");
    }

    [Fact]
    public async Task By_the_journals_own_directory_nothing_is_judged() =>
        await RefusedAsync(ExitCode.DataUnusable, "there is no key file", _scene.Journal);

    [Fact]
    public async Task Keys_of_another_journal_are_refused()
    {
        UseOtherKeys(destroy: true);
        await RefusedAsync(ExitCode.Failure, "is sealed with the subject keys");
    }

    [Fact]
    public async Task An_older_copy_of_the_keys_is_refused()
    {
        Shorten(keys: 3);
        await RefusedAsync(ExitCode.Failure, "they are an older copy");
    }

    [Fact]
    public async Task What_an_older_copy_of_the_keys_cannot_open_stays()
    {
        Shorten(keys: 3);
        File.Delete(Path.Combine(_scene.Journal, "floors.json"));
        await StaysAsync("--drop-unknown");
    }

    [Fact]
    public async Task What_was_sealed_with_a_damaged_key_stays()
    {
        var bytes = File.ReadAllBytes(_scene.KeyFile);
        for (var slot = 1; slot <= ForgetScene.Log.Size.Users; slot++)
        {
            bytes[(slot * SlotBytes) + 30] ^= 1;
        }

        File.WriteAllBytes(_scene.KeyFile, bytes);
        await StaysAsync("--drop-unknown");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_neither_journal_nor_keys_have_a_name_a_key_must_open_something(bool destroyed)
    {
        _scene.TakeNameFromJournal();
        UseOtherKeys(destroyed);
        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync());
        Assert.Contains(destroyed ? "no key opens any decision" : "which these keys do not open", _scene.Error, StringComparison.Ordinal);
        Assert.Equal(_before, _scene.Read());
    }

    [Fact]
    public async Task Where_neither_has_a_name_and_a_key_opens_something_erased_persons_go()
    {
        _scene.TakeNameFromJournal();
        Assert.True(await _scene.ForgetAsync() == ExitCode.Ok, $"{_scene.Output}{_scene.Error}");
        Assert.Equal(_before.Where(row => !ForgetScene.IsOf("u1", row)), _scene.Read());
    }

    [Fact]
    public async Task Where_all_were_erased_all_rows_go_and_none_is_built_again()
    {
        _scene.Erase(ForgetScene.Users.Except(["u1"]));
        var files = _scene.Names();
        Assert.True(await _scene.ForgetAsync() == ExitCode.Ok, $"{_scene.Output}{_scene.Error}");
        Assert.Empty(_scene.Read());
        Assert.Equal(files, _scene.Names());
        var written = _scene.Written();
        Assert.Equal(ExitCode.Ok, await _scene.BuildAsync());
        Assert.Equal(written[..^1], _scene.Written()[..^1]); // The last ends where the journal does, and is never final.
        Assert.Empty(_scene.Read());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_its_keys_no_row_is_built(bool others)
    {
        File.Delete(_scene.KeyFile);
        if (others)
        {
            UseOtherKeys(destroy: false);
        }

        var written = _scene.Written();
        Assert.Equal(ExitCode.DataUnusable, await _scene.BuildAsync());
        Assert.Contains("the journal's subject keys are not there", _scene.Error, StringComparison.Ordinal);
        Assert.Equal(written, _scene.Written());
    }

    private async Task RefusedAsync(ExitCode code, string why, string? data = null)
    {
        Assert.Equal(code, await _scene.RunAsync("forget", data ?? _scene.Data, "--rows", _scene.Rows, "--drop-unknown", "--drop-unreadable"));
        Assert.Contains(why, _scene.Error, StringComparison.Ordinal);
        Assert.Equal(_before, _scene.Read());
    }

    /// <summary>Rows of others than the erased one stay, and the command says that it could not judge them.</summary>
    private async Task StaysAsync(string option)
    {
        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync(option));
        Assert.Contains("that the journal should hold and that cannot be found or read; they stand there still", _scene.Output, StringComparison.Ordinal);
        var rows = _scene.Read();
        Assert.All(_before.Except(rows), row => Assert.True(ForgetScene.IsOf("u1", row)));
    }

    private void Shorten(int keys)
    {
        using var file = new FileStream(_scene.KeyFile, FileMode.Open);
        file.SetLength((keys + 1) * SlotBytes);
    }

    private void UseOtherKeys(bool destroy)
    {
        File.Delete(_scene.KeyFile);
        using var keys = new FileSubjectKeys(_scene.KeyFile);
        var secret = (stackalloc byte[32]);
        for (var subject = 0; subject < 2 * ForgetScene.Log.Size.Users; subject++)
        {
            keys.MakeDurable(keys.Read("default", $"other{subject}", secret));
            Assert.True(!destroy || keys.Destroy("default", $"other{subject}"));
        }
    }
}
