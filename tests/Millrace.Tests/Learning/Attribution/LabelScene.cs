using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Labels;
using Millrace.Learning.Attribution;

namespace Millrace.Tests.Learning.Attribution;

/// <summary>A journal that a test writes fact by fact, and labels built from it.</summary>
internal sealed class LabelScene : IAsyncDisposable
{
    public static readonly UnixMicros Start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly LabelFolder _folder = new();
    private readonly MemoryJournal _journal = new(new FakeTimeProvider());

    public string Into => Path.Combine(_folder.Path, "labels");

    public ImmutableArray<OutcomeDefinition> Outcomes { get; set; } = [new("click", "click", TimeSpan.FromSeconds(600)), new("impression", "impression", TimeSpan.FromSeconds(600))];

    public IJournalReader Journal => _journal;

    public LabelReport Report { get; private set; } = null!;

    public static UnixMicros At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    /// <summary>A decision of session <c>s</c> that placed items in one slot.</summary>
    public async Task<LabelScene> DecidedAsync(string id, double at, params string[] items)
    {
        await _journal.AppendAsync(new Decided
        {
            Id = id,
            Surface = "home",
            Policy = "home@1",
            Time = At(at),
            Asked = At(at),
            Received = At(at),
            Session = "s",
            Slots = [new DecidedSlot("main", [.. items.Select(item => new DecidedItem(item, 1, 0.5, false, true, 1))])],
        });
        return this;
    }

    public async Task<LabelScene> ObservedAsync(string id, double at, string item, string? decision = null, double? received = null, Func<Observed, Observed>? change = null)
    {
        var observed = new Observed { Id = id, Event = "click", Item = item, Decision = decision, Time = At(at), Received = At(received ?? at), Session = "s" };
        await _journal.AppendAsync(change?.Invoke(observed) ?? observed);
        return this;
    }

    public async Task AppendAsync(Fact fact) => await _journal.AppendAsync(fact);

    /// <summary>Builds the first two hours, an hour to a slice.</summary>
    public async Task<List<LabelRow>> BuildAsync(string? journal = null, IJournalReader? reader = null)
    {
        var request = new LabelRequest { From = Start, To = At(7_200), Into = Into, Outcomes = Outcomes, Tenant = "default", Journal = journal ?? "" };
        Report = await new LabelRun(reader ?? _journal, subject => unchecked((long)StableHash.Of(subject)), request).RunAsync(TestContext.Current.CancellationToken);
        return LabelRow.Read(Into, [.. Outcomes.Select(outcome => outcome.Name)]);
    }

    public string[] Files() => [.. Directory.EnumerateFileSystemEntries(Into).Select(path => Path.GetFileName(path)).Where(name => name != "build.lock").Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _folder.Dispose();
    }
}
