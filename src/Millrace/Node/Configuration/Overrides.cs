using System.Collections.Immutable;
using System.Text;

namespace Millrace.Node.Configuration;

/// <summary>One setting given outside the file.</summary>
/// <param name="Source">The variable or flag, for faults.</param>
/// <param name="Path">The setting's path: <c>listen.api</c>.</param>
/// <param name="Text">Its value; YAML where the setting is not a single value.</param>
internal sealed record Override(string Source, string Path, string Text);

/// <summary>
/// Settings from the environment and from flags. A variable's name is <c>MILLRACE_</c> and the path with <c>_</c> for each dot and before each capital:
/// <c>limits.requestBody</c> is <c>MILLRACE_LIMITS_REQUEST_BODY</c>. A list or a map of the user's names is given whole, as YAML: <c>MILLRACE_ROUTES='[…]'</c>.
/// </summary>
internal static class Overrides
{
    public const string Prefix = "MILLRACE_";

    /// <summary>Names the file, hence is no setting of it.</summary>
    public const string ConfigVariable = "MILLRACE_CONFIG";

    /// <summary>The key that commands ask a running node with, hence no setting.</summary>
    public const string KeyVariable = "MILLRACE_KEY";

    /// <summary>Variable name → path of every setting that a variable can give.</summary>
    public static ImmutableSortedDictionary<string, string> Variables { get; } = Paths(NodeShape.Root, "")
        .ToImmutableSortedDictionary(VariableOf, path => path, StringComparer.Ordinal);

    /// <summary>Reads every <c>MILLRACE_</c> variable; one that names no setting is a fault.</summary>
    public static IEnumerable<Override> FromEnvironment(IReadOnlyDictionary<string, string> environment, ConfigFaults faults)
    {
        foreach (var (name, value) in environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal)).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (name is ConfigVariable or KeyVariable)
            {
                continue;
            }

            if (Variables.TryGetValue(name, out var path))
            {
                yield return new Override(name, path, value);
            }
            else
            {
                faults.Add(new ConfigFault(new ConfigMark(name, 0, 0), "", "a variable that names a setting", $"'{name}'", Nearest(name)));
            }
        }
    }

    // The prefix that all have in common would make any two of them near.
    private static string? Nearest(string name) =>
        NearestName.Of(name[Prefix.Length..], Variables.Keys.Select(static known => known[Prefix.Length..])) is { } nearest ? Prefix + nearest : null;

    /// <summary>Reads one <c>--set path=value</c>.</summary>
    public static Override? FromFlag(string text, ConfigFaults faults)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            return new Override("--set", text[..equals], text[(equals + 1)..]);
        }

        faults.Add(new ConfigFault(new ConfigMark("--set", 0, 0), "", "path=value, like listen.api=:9001", $"'{text}'"));
        return null;
    }

    /// <summary>The tree with the setting put in its place, over what the file says.</summary>
    public static MapNode Apply(MapNode root, Override setting, ConfigFaults faults) =>
        Put(root, NodeShape.Root, setting.Path.Split('.'), 0, setting, faults) as MapNode ?? root;

    private static ConfigNode Put(ConfigNode? node, Shape shape, string[] path, int depth, Override setting, ConfigFaults faults)
    {
        var mark = new ConfigMark(setting.Source, 0, 0);
        if (depth == path.Length)
        {
            return shape is ScalarShape ? new ScalarNode(mark, setting.Text, true) : YamlTree.Read(setting.Source, setting.Text, faults);
        }

        var map = node as MapNode ?? new MapNode(mark, []);
        var key = path[depth];
        var inner = shape switch
        {
            ObjectShape o => o.Fields.FirstOrDefault(f => f.Name == key)?.Shape,
            MapShape m => m.Value,
            _ => null,
        };
        if (inner is null)
        {
            var known = shape is ObjectShape named ? named.Fields.Select(f => f.Name).ToArray() : [];
            faults.Add(new ConfigFault(mark, setting.Path, "a path of settings", $"'{key}'", NearestName.Of(key, known)));
            return map;
        }

        var value = Put(map.Find(key)?.Value, inner, path, depth + 1, setting, faults);
        var entry = new MapEntry(key, mark, value);
        var at = map.Entries.ToList().FindIndex(e => e.Key == key);
        return map with { Entries = at < 0 ? map.Entries.Add(entry) : map.Entries.SetItem(at, entry) };
    }

    private static IEnumerable<string> Paths(ObjectShape shape, string path)
    {
        foreach (var field in shape.Fields)
        {
            var inner = ObjectShape.Join(path, field.Name);
            if (field.Shape is ObjectShape nested)
            {
                foreach (var deeper in Paths(nested, inner))
                {
                    yield return deeper;
                }
            }
            else
            {
                yield return inner;
            }
        }
    }

    private static string VariableOf(string path)
    {
        var name = new StringBuilder(Prefix);
        foreach (var c in path)
        {
            if (char.IsUpper(c))
            {
                name.Append('_');
            }

            name.Append(c == '.' ? '_' : char.ToUpperInvariant(c));
        }

        return name.ToString();
    }
}
