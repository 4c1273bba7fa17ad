namespace Millrace.Journal;

/// <summary>The streams' names in paths, metrics and commands.</summary>
internal static class StreamNames
{
    public static IReadOnlyList<JournalStream> All { get; } = Enum.GetValues<JournalStream>();

    public static string Of(JournalStream stream) => stream.ToString().ToLowerInvariant();

    /// <returns>Null when no stream has this name.</returns>
    public static JournalStream? Parse(string name) => All.Where(s => Of(s) == name).Select(s => (JournalStream?)s).FirstOrDefault();
}
