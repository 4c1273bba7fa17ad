using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary>The journal of a data directory, opened to read beside its node: without the lock, changing nothing.</summary>
internal sealed class JournalFiles : IDisposable
{
    private readonly ISubjectKeys _keys;

    private JournalFiles(ISubjectKeys keys, JournalInspection inspection) => (_keys, Inspection) = (keys, inspection);

    public JournalInspection Inspection { get; }

    /// <param name="data">The node's data directory, or the journal's own.</param>
    /// <exception cref="NodeStartException">There is no journal.</exception>
    public static JournalFiles Open(string data)
    {
        var within = Path.Combine(data, JournalCommands.JournalDirectory);
        var keyFile = Path.Combine(data, JournalCommands.KeyFile);
        ISubjectKeys keys = File.Exists(keyFile) ? FileSubjectKeys.OpenReadOnly(keyFile) : new MemorySubjectKeys();
        try
        {
            return new JournalFiles(keys, JournalInspection.Open(Directory.Exists(within) ? within : data, keys));
        }
        catch (Exception refused)
        {
            keys.Dispose();
            throw refused is DirectoryNotFoundException ? new NodeStartException(ExitCode.DataUnusable, refused.Message, refused) : refused;
        }
    }

    public void Dispose() => _keys.Dispose();
}
