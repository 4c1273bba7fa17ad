using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Journal;

public sealed class LocalJournalConformance : JournalConformance, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-journal-").FullName;
    private readonly MemorySubjectKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    protected override async ValueTask<IJournal> OpenAsync() =>
        await LocalJournal.OpenAsync(new JournalOptions { Directory = _directory }, Clock, _keys);
}
