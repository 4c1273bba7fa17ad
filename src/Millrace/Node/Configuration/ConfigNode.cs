using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>A value as it was written, with its place, before anything is known about what it should be.</summary>
internal abstract record ConfigNode(ConfigMark Mark)
{
    /// <summary>What it is, in a fault's words after "got".</summary>
    public abstract string Says { get; }
}

/// <summary>A single value. <paramref name="Quoted"/> is true when it was written in quotes, hence is text whatever it looks like.</summary>
internal sealed record ScalarNode(ConfigMark Mark, string Text, bool Quoted) : ConfigNode(Mark)
{
    private const int ShownChars = 60;

    public override string Says => Text.Length == 0 ? "nothing" : Text.Length > ShownChars ? $"'{Text[..ShownChars]}…'" : $"'{Text}'";
}

/// <summary>Keys with values, in the order in which they were written.</summary>
internal sealed record MapNode(ConfigMark Mark, ImmutableArray<MapEntry> Entries) : ConfigNode(Mark)
{
    public override string Says => "a mapping";

    public MapEntry? Find(string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == key)
            {
                return entry;
            }
        }

        return null;
    }
}

/// <summary>One key of a mapping.</summary>
internal sealed record MapEntry(string Key, ConfigMark Mark, ConfigNode Value);

/// <summary>Values in order.</summary>
internal sealed record ListNode(ConfigMark Mark, ImmutableArray<ConfigNode> Items) : ConfigNode(Mark)
{
    public override string Says => "a list";
}
