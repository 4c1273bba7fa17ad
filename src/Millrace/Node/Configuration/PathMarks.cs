namespace Millrace.Node.Configuration;

/// <summary>Where each setting of a checked tree was written, by its path.</summary>
internal sealed class PathMarks
{
    private readonly Dictionary<string, ConfigMark> _marks = new(StringComparer.Ordinal);

    public PathMarks(BoundObject root)
    {
        foreach (var field in root.Fields)
        {
            Add(field);
        }
    }

    /// <summary>The mark of <paramref name="path"/>, or of the nearest setting above it that was written.</summary>
    public ConfigMark Find(string path)
    {
        for (var known = path; known.Length > 0; known = known[..Math.Max(0, known.LastIndexOfAny(['.', '[']))])
        {
            if (_marks.TryGetValue(known, out var mark))
            {
                return mark;
            }
        }

        return default;
    }

    private void Add(Bound bound)
    {
        // A map's entry is marked by its key, which was added before its value.
        _marks.TryAdd(bound.Path, bound.Mark);
        foreach (var field in bound.Object?.Fields ?? [])
        {
            Add(field);
        }

        foreach (var item in bound.Items)
        {
            Add(item);
        }

        foreach (var entry in bound.Entries)
        {
            _marks.TryAdd(entry.Value.Path, entry.Mark);
            Add(entry.Value);
        }
    }
}
