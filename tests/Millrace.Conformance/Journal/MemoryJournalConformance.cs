using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Journal;

public sealed class MemoryJournalConformance : JournalConformance
{
    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(new MemoryJournal(Clock));
}
