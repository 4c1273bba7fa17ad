using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.FeatureForget;

/// <summary>Rows whose decisions are not found: retention took them, or something else is amiss, and those stay.</summary>
public sealed class ForgetUnknownTests : IAsyncLifetime
{
    private static readonly UnixMicros Retired = SyntheticLog.Start + (SyntheticLog.Length / 2);
    private ForgetScene _scene = null!;
    private string[] _before = [];

    public async ValueTask InitializeAsync()
    {
        _scene = await ForgetScene.CreateAsync();
        _before = _scene.Read();
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_of_another_journal_are_refused(bool isEmpty)
    {
        var other = Path.Combine(_scene.Folder, "other");
        if (isEmpty)
        {
            using var keys = new FileSubjectKeys(Path.Combine(other, JournalCommands.KeyFile));
            await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = ForgetScene.JournalOf(other) }, TimeProvider.System, keys);
        }
        else
        {
            await ForgetScene.WriteJournalAsync(other);
        }

        Assert.Equal(ExitCode.Failure, await _scene.RunAsync("forget", other, "--rows", _scene.Rows, "--drop-unknown", "--drop-unreadable"));
        Assert.Contains("holds rows of the journal", _scene.Error, StringComparison.Ordinal);
        Assert.Equal(_before, _scene.Read());
        Assert.Equal(ExitCode.Failure, await _scene.RunAsync(
            "build", other, "--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString(), "--out", _scene.Rows, "--any-definitions", "--slice", "10d"));
        Assert.Contains("holds rows of the journal", _scene.Error, StringComparison.Ordinal);
        Assert.Equal(_before, _scene.Read());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Of_what_is_not_found_goes_what_was_asked_for(bool dropUnknown, bool dropUnreadable)
    {
        var damaged = Decisions(before: false).Last().Id;
        var outcome = await _scene.ForgetAsync(reader => new HidingReader(reader, Retired, damaged), dropUnknown, dropUnreadable);
        Assert.Equal(dropUnknown && dropUnreadable, outcome.IsClean);
        HashSet<string> gone = [.. dropUnknown ? Decisions(before: true).Select(decided => decided.Id) : [], .. dropUnreadable ? [damaged] : Array.Empty<string>()];
        Assert.Equal(_before.Where(row => !gone.Contains(ForgetScene.DecisionOf(row))), _scene.Read());
        Assert.Equal(Decisions(before: true).Count(), outcome.Files.Sum(file => file.RetiredDecisions));
        Assert.Equal(1, outcome.Files.Sum(file => file.UnknownDecisions));
    }

    [Fact]
    public async Task Where_retention_took_nothing_no_row_is_called_retired()
    {
        var damaged = Decisions(before: true).First().Id;
        var outcome = await _scene.ForgetAsync(reader => new HidingReader(reader, damaged: damaged), dropUnknown: true);
        Assert.False(outcome.IsClean);
        Assert.Equal(_before, _scene.Read());
    }

    [Fact]
    public async Task Where_neither_journal_nor_rows_have_a_name_no_row_is_called_retired()
    {
        _scene.TakeNameFromJournal();
        Directory.Delete(_scene.Rows, recursive: true);
        Assert.Equal(ExitCode.Ok, await _scene.BuildAsync());
        Assert.Equal(_before, _scene.Read());
        var outcome = await _scene.ForgetAsync(reader => new HidingReader(reader, Retired), dropUnknown: true);
        Assert.False(outcome.IsClean);
        Assert.Equal(_before, _scene.Read());
    }

    [Fact]
    public async Task Records_far_from_the_time_of_their_rows_are_found()
    {
        _scene.Erase("u1");
        var outcome = await _scene.ForgetAsync(reader => new HidingReader(reader, seeks: false), dropUnknown: true, dropUnreadable: true);
        Assert.True(outcome.IsClean);
        Assert.Equal(_before.Where(row => !ForgetScene.IsOf("u1", row)), _scene.Read());
        Assert.NotEmpty(_scene.Read());
    }

    private static IEnumerable<Decided> Decisions(bool before) => ForgetScene.Log.DecisionFacts().Where(decided => decided.Asked < Retired == before);
}
