using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>The file <c>journal.json</c>: the directory's format, and what was fixed when it was created.</summary>
/// <param name="Format">Of the directory.</param>
/// <param name="Partitions">Of every stream but control.</param>
/// <param name="KeySet">The set of subject keys that seals its facts; null in a journal of an earlier release, and where the set has no name.</param>
internal sealed record JournalLayout(
    int Format, int Partitions, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? KeySet = null)
{
    private const int CurrentFormat = 1;

    public static JournalLayout? Read(string directory)
    {
        var path = PathIn(directory);
        if (!File.Exists(path))
        {
            return null;
        }

        JournalLayout? layout = null;
        try
        {
            layout = JsonSerializer.Deserialize<JournalLayout>(File.ReadAllBytes(path), JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            // Named below.
        }

        return layout is { Format: CurrentFormat, Partitions: > 0 }
            ? layout
            : throw new JournalCorruptException(path, 0, $"{path}: expected format {CurrentFormat} and at least one partition, got {layout?.ToString() ?? "no JSON"}");
    }

    /// <summary>The layout there, or a new one, of a journal that these keys seal.</summary>
    /// <exception cref="JournalKeysException">Other keys seal it.</exception>
    public static JournalLayout ReadOrCreate(IJournalFiles files, string directory, int partitions, Guid keySet)
    {
        var there = Read(directory);
        if (there?.KeySet is { } expected && expected != keySet)
        {
            throw new JournalKeysException(
                $"the journal in {directory} is sealed with the subject keys {expected}, not with {(keySet == Guid.Empty ? "a set without a name" : keySet)}: put its own key " +
                $"file back; or, to go on with these and have all that is sealed so far read as erased, take keySet out of {PathIn(directory)} and delete floors.json");
        }

        if (there is not null && (there.KeySet is not null || keySet == Guid.Empty))
        {
            return there;
        }

        var layout = (there ?? new JournalLayout(CurrentFormat, partitions)) with { KeySet = keySet == Guid.Empty ? null : keySet };
        DurableFile.Replace(files, PathIn(directory), JsonSerializer.SerializeToUtf8Bytes(layout, JsonSerializerOptions.Web));
        return layout;
    }

    public int PartitionsOf(JournalStream stream) => stream == JournalStream.Control ? 1 : Partitions;

    private static string PathIn(string directory) => Path.Combine(directory, "journal.json");
}
