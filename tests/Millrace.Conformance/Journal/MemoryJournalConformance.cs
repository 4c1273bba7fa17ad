using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Journal;

public sealed class MemoryJournalConformance : JournalConformance
{
    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(new MemoryJournal(Clock));

    protected override ValueTask<(IJournal Journal, Action Refuse)> OpenScantAsync() =>
        ValueTask.FromResult<(IJournal, Action)>((new MemoryJournal(Clock, new MemoryJournalOptions { MaxFacts = 30 }), () => { }));
}
