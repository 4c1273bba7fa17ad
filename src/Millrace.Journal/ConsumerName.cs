namespace Millrace.Journal;

/// <summary>What a named consumer may be called and commit: the same in every adapter, since the name becomes a file or a key.</summary>
internal static class ConsumerName
{
    private const int MaxLength = 64;

    public static void Check(string name)
    {
        var wellFormed = name is { Length: > 0 and <= MaxLength } && name[0] != '.' &&
            name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.');
        if (!wellFormed)
        {
            throw new ArgumentException($"consumer: expected 1 to {MaxLength} of a-z, 0-9, '-', '_' and '.', not beginning with '.', got '{name}'", nameof(name));
        }
    }

    public static void CheckNext(Position next, PartitionRange range)
    {
        if (next.Offset < 0 || next.Offset > range.End)
        {
            throw new ArgumentOutOfRangeException(nameof(next), next.Offset, $"offset: expected 0 to {range.End}, the end of {next.Stream} {next.Partition}");
        }
    }
}
