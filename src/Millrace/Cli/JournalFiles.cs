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

    /// <summary>Names the journal in what is made of it; empty in one of an earlier release.</summary>
    public string JournalName => Inspection.KeySet?.ToString() ?? "";

    /// <summary>Whether the journal says that other keys than these seal it, or none are here: every person of it reads as erased.</summary>
    public bool LacksKeys => Inspection.KeySet is { } set && set != _keys.Set;

    /// <summary>Whether the keys say that they are this journal's; earlier releases gave neither a name.</summary>
    public bool KeysAreNamed => Inspection.KeySet is { } set && set == _keys.Set;

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

    /// <summary>As <see cref="Open"/>, where what no key opens will be taken for erased: without the key file that would be everything.</summary>
    /// <exception cref="NodeStartException">There is no journal, or no key file.</exception>
    public static JournalFiles OpenWithKeys(string data) => File.Exists(Path.Combine(data, JournalCommands.KeyFile))
        ? Open(data)
        : throw new NodeStartException(
            ExitCode.DataUnusable,
            $"{Path.Combine(data, JournalCommands.KeyFile)}: there is no key file, and without it every person would read as erased. Name the node's data directory, with its keys; nothing was changed");

    /// <summary>Opens the reader by which erased is only what was sealed with a key that was destroyed.</summary>
    /// <exception cref="JournalKeysException">The keys are not those that seal this journal, or an older copy of them.</exception>
    public InspectionReader OpenErasureReader() => Inspection.OpenErasureReader((FileSubjectKeys)_keys);

    public void Dispose() => _keys.Dispose();
}
