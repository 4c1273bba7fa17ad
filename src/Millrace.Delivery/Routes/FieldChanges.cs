using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Routes;

/// <summary>Field lines that a route removes, then sets. Framing, what is this cache's own, and what its answers are computed from is not to be changed.</summary>
public sealed record FieldChanges
{
    private static readonly HashSet<string> Ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Age", "Cache-Status", "CDN-Loop", "Connection", "Content-Encoding", "Content-Length", "Content-Range", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
        "If-Unmodified-Since", "Keep-Alive", "Proxy-Connection", "Range", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via",
    };

    /// <summary>Changes nothing.</summary>
    public static FieldChanges None { get; } = new();

    /// <summary>Names of fields that leave.</summary>
    public ImmutableArray<string> Remove { get; init; } = [];

    /// <summary>Fields that replace those of their name.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Set { get; init; } = [];

    /// <summary>Whether nothing changes.</summary>
    public bool IsEmpty => Remove.IsEmpty && Set.IsEmpty;

    internal void Apply(HeaderList headers)
    {
        if (!Remove.IsEmpty)
        {
            headers.RemoveWhere(Remove, static (line, removed) =>
            {
                foreach (var name in removed)
                {
                    if (Ascii.EqualsIgnoreCase(line.Name, name))
                    {
                        return true;
                    }
                }

                return false;
            });
        }

        foreach (var (name, value) in Set)
        {
            headers.Set(name, value);
        }
    }

    internal IEnumerable<string> Faults(string path)
    {
        foreach (var name in Remove)
        {
            if (NameFault(name) is { } fault)
            {
                yield return $"{path}.remove: {fault}";
            }
        }

        foreach (var (name, value) in Set)
        {
            if (NameFault(name) is { } fault)
            {
                yield return $"{path}.set: {fault}";
            }
            else if (!Syntax.IsFieldValue(value) || value.Any(static c => c > 'ÿ') || value != value.Trim())
            {
                yield return $"{path}.set.{name}: expected printable Latin-1 without white space around it";
            }
        }
    }

    private static string? NameFault(string name) =>
        !Syntax.IsToken(name) ? $"expected a field name; got '{name}'"
        : Ours.Contains(name) || IsOverride(name) ? $"expected a field that is not the cache's own; got '{name}'"
        : null;

    private static bool IsOverride(string name)
    {
        HeaderList line = new(1);
        line.Add(name, "");
        return OverrideFields.Contains(line[0], RequestMethod.Get);
    }
}
