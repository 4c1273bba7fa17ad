using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Backtest;

/// <summary>The journal of a backtest, with all that must be closed after it.</summary>
internal sealed class BacktestJournal : IAsyncDisposable
{
    /// <summary>Facts that the journal in memory keeps in each partition: what is older has been folded and nothing reads it again.</summary>
    private const int KeepFacts = 10_000;

    private readonly IDisposable[] _after;

    private BacktestJournal(IJournal journal, params IDisposable[] after) => (Journal, _after) = (journal, after);

    /// <summary>Takes the facts.</summary>
    public IJournal Journal { get; }

    /// <summary>Opens a journal.</summary>
    /// <param name="directory">A node's data directory to make, absent or empty; null keeps a little in memory.</param>
    /// <param name="clock">Stamps the facts.</param>
    /// <exception cref="InvalidDataException">The directory is not empty: a replay would mix with what is there.</exception>
    /// <exception cref="NodeStartException">The directory cannot be used.</exception>
    public static async Task<BacktestJournal> OpenAsync(string? directory, TimeProvider clock)
    {
        if (directory is null)
        {
            return new BacktestJournal(new MemoryJournal(clock, new MemoryJournalOptions { KeepFacts = KeepFacts }));
        }

        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new InvalidDataException($"--data {directory}: expected a new or an empty directory.");
        }

        var data = DataDirectory.Open(directory);
        var subjects = new FileSubjectKeys(data.SubjectKeys);
        try
        {
            // The log's times are in the past: what a node would retire by age is kept.
            var options = new JournalOptions { Directory = data.Journal, Retention = ImmutableDictionary<JournalStream, Retention>.Empty };
            return new BacktestJournal(await LocalJournal.OpenAsync(options, clock, subjects), subjects, data);
        }
        catch
        {
            subjects.Dispose();
            data.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        foreach (var part in _after)
        {
            part.Dispose();
        }
    }
}
