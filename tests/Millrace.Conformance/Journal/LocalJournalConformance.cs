using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Tests.Journal;

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

    protected override async ValueTask<(IJournal Journal, Action Refuse)> OpenScantAsync()
    {
        var files = new FaultyFiles { Only = Path.Combine("events", "1") };
        return (await LocalJournal.OpenAsync(new JournalOptions { Directory = _directory }, Clock, _keys, files), () => files.Full = true);
    }
}
