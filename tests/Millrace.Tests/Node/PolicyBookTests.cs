using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Node;

namespace Millrace.Tests.Node;

public sealed class PolicyBookTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryJournal _journal;

    public PolicyBookTests() => _journal = new MemoryJournal(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Policy Home { get; } = new()
    {
        Name = "home",
        Candidates = [new CandidateSource(CandidateSourceKind.Popular, 100, TimeSpan.FromHours(1)), new CandidateSource(CandidateSourceKind.Recent, 50)],
        Blend = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("a", 0.1).Add("B", -2),
        Explore = new Exploration(0.05, 20),
        AtMost = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("provider", 2),
        Pins = [new Pin("main", 1, "story-7")],
        Segment = "country",
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    [Fact]
    public async Task A_policy_becomes_version_one_and_the_same_policy_stays_it()
    {
        Assert.Equal(1, await ImportAsync(Home));
        Assert.Equal(1, await ImportAsync(Home));
        Assert.Equal(1, _journal.Range(JournalStream.Control, 0).End);
    }

    [Fact]
    public async Task A_changed_policy_becomes_the_next_version_and_changing_back_the_one_after()
    {
        await ImportAsync(Home);
        Assert.Equal(2, await ImportAsync(Home with { ExcludeSeen = false }));
        Assert.Equal(3, await ImportAsync(Home));
    }

    [Fact]
    public async Task A_stored_definition_reads_back_as_the_policy()
    {
        await ImportAsync(Home);
        var book = await PolicyBook.OpenAsync(_journal, TimeProvider.System, Cancellation);
        var read = book.Find("home@1");
        Assert.Equal(PolicyJson.Write(Home), PolicyJson.Write(read!));
        Assert.Equal("home@1", read!.Id);
        Assert.Equal(["B", "a"], read.Blend.Keys);
        Assert.Equal(Home.Candidates, read.Candidates);
        Assert.Null(book.Find("home@2"));
    }

    [Fact]
    public async Task Versions_are_counted_past_other_control_facts()
    {
        await ImportAsync(Home);
        for (var i = 0; i < 3000; i++)
        {
            await _journal.AppendAsync(new EpochFrozen { Id = $"epoch:{i}", Epoch = i, Until = new UnixMicros(i) }, Cancellation);
        }

        Assert.Equal(2, await ImportAsync(Home with { Segment = null }));
    }

    // Each import opens the book anew, as a restart does.
    private async Task<int> ImportAsync(Policy policy)
    {
        var book = await PolicyBook.OpenAsync(_journal, _clock, Cancellation);
        return (await book.ImportAsync([policy], Cancellation))["home"].Version;
    }
}
