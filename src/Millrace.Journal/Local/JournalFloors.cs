using System.Text.Json;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The file <c>floors.json</c> beside <c>journal.json</c>: what was durable when it was last written, at a clean close and by the housekeeping. Without it the loss of a
/// partition's last segment would pass for a partition that ends earlier, and its offsets would be given again.
/// </summary>
/// <param name="Ends">By <c>stream/partition</c>: offsets below were durable.</param>
/// <param name="Whole">The partitions that keep everything from offset 0 on.</param>
/// <param name="NewestKey">The newest subject key that was durable.</param>
internal sealed record JournalFloors(IReadOnlyDictionary<string, long> Ends, IReadOnlyList<string> Whole, long NewestKey)
{
    private static readonly JournalFloors None = new(new Dictionary<string, long>(), [], 0);

    public static string NameOf(JournalStream stream, int partition) => $"{StreamNames.Of(stream)}/{partition}";

    /// <returns>No floors when no file is there: earlier releases wrote none.</returns>
    /// <exception cref="JournalCorruptException">The file is damaged.</exception>
    public static JournalFloors Read(string directory)
    {
        var path = PathIn(directory);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<JournalFloors>(File.ReadAllBytes(path), JsonSerializerOptions.Web) is { Ends: not null, Whole: not null } floors
                ? floors
                : !File.Exists(path) ? None : throw new JsonException("a member is missing");
        }
        catch (JsonException e)
        {
            throw new JournalCorruptException(path, 0, $"{path} is damaged: {e.Message}; delete it to open the journal without what it protects from");
        }
    }

    public PartitionFloor Of(JournalStream stream, int partition)
    {
        var name = NameOf(stream, partition);
        return new PartitionFloor(Ends.GetValueOrDefault(name), stream == JournalStream.Control || Whole.Contains(name));
    }

    public void Write(IJournalFiles files, string directory) =>
        DurableFile.Replace(files, PathIn(directory), JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web));

    public bool IsSame(JournalFloors other) => NewestKey == other.NewestKey && Whole.SequenceEqual(other.Whole) && Ends.OrderBy(e => e.Key).SequenceEqual(other.Ends.OrderBy(e => e.Key));

    private static string PathIn(string directory) => Path.Combine(directory, "floors.json");
}
