using System.Text.Json;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>The file <c>journal.json</c>: the directory's format, and what was fixed when it was created.</summary>
internal sealed record JournalLayout(int Format, int Partitions)
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

    /// <summary>The layout there, or a new one.</summary>
    public static JournalLayout ReadOrCreate(IJournalFiles files, string directory, int partitions)
    {
        if (Read(directory) is { } layout)
        {
            return layout;
        }

        var created = new JournalLayout(CurrentFormat, partitions);
        DurableFile.Replace(files, PathIn(directory), JsonSerializer.SerializeToUtf8Bytes(created, JsonSerializerOptions.Web));
        return created;
    }

    public int PartitionsOf(JournalStream stream) => stream == JournalStream.Control ? 1 : Partitions;

    private static string PathIn(string directory) => Path.Combine(directory, "journal.json");
}
