using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Millrace.Node.Configuration;

/// <summary>
/// What a setting may be. One tree of shapes (<see cref="NodeShape"/>) is the only declaration of the configuration: checking, defaults, overrides,
/// the editors' JSON Schema and docs/CONFIGURATION.md all come from it, so that they cannot disagree.
/// </summary>
internal abstract record Shape
{
    /// <summary>In a fault's words after "expected".</summary>
    public abstract string Expected { get; }

    /// <summary>Checks and converts; what is wrong goes to <paramref name="faults"/> and the value is null.</summary>
    public abstract Bound Bind(ConfigNode node, string path, ConfigFaults faults);

    /// <summary>The JSON Schema (2020-12) of it.</summary>
    public abstract JsonObject Schema();

    protected Bound Refuse(ConfigNode node, string path, ConfigFaults faults)
    {
        faults.Add(new ConfigFault(node.Mark, path, Expected, node.Says));
        return new Bound(null, node.Mark, path);
    }
}

/// <summary>A single value.</summary>
/// <param name="Expects">What it is.</param>
/// <param name="Parse">The value, or null when the text is not one.</param>
/// <param name="JsonType">Its JSON Schema without description.</param>
internal sealed record ScalarShape(string Expects, Func<string, object?> Parse, Func<JsonObject> JsonType) : Shape
{
    /// <summary>The only texts allowed; empty when it is not an enumeration.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    public override string Expected => Expects;

    public override Bound Bind(ConfigNode node, string path, ConfigFaults faults)
    {
        if (node is not ScalarNode scalar)
        {
            return Refuse(node, path, faults);
        }

        if (Parse(scalar.Text) is { } value)
        {
            return new Bound(value, node.Mark, path);
        }

        faults.Add(new ConfigFault(node.Mark, path, Expected, node.Says, NearestName.Of(scalar.Text, Words)));
        return new Bound(null, node.Mark, path);
    }

    public override JsonObject Schema() => JsonType();
}

/// <summary>One declared key of an object.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">What its value may be.</param>
/// <param name="Says">What it is, one sentence.</param>
/// <param name="Default">The text used when it is absent; null when it is optional without default, or not a scalar.</param>
/// <param name="Why">Where the default comes from.</param>
/// <param name="Required">Whether it must be written.</param>
/// <param name="Reloads">Whether a running node takes a change of it.</param>
internal sealed record Field(string Name, Shape Shape, string Says, string? Default = null, string Why = "", bool Required = false, bool Reloads = false)
{
    /// <summary>Whether a mapping that is not written is none, rather than one of defaults.</summary>
    public bool Optional { get; init; }
}

/// <summary>Keys that we name.</summary>
internal sealed record ObjectShape(string Expects, ImmutableArray<Field> Fields) : Shape
{
    /// <summary>The key that a single value in place of the mapping stands for; null where there is none.</summary>
    public string? Short { get; init; }

    public override string Expected => Expects;

    public override Bound Bind(ConfigNode node, string path, ConfigFaults faults)
    {
        if (Short is not null && node is ScalarNode single)
        {
            node = new MapNode(node.Mark, [new MapEntry(Short, node.Mark, single)]);
        }

        if (node is not MapNode map)
        {
            return Refuse(node, path, faults);
        }

        foreach (var entry in map.Entries)
        {
            if (Fields.All(f => f.Name != entry.Key))
            {
                var known = Fields.Select(f => f.Name).ToArray();
                faults.Add(new ConfigFault(
                    entry.Mark, Join(path, entry.Key), $"one of {string.Join(", ", known)}", $"unknown key '{entry.Key}'", NearestName.Of(entry.Key, known)));
            }
        }

        var fields = new Dictionary<string, Bound>(StringComparer.Ordinal);
        foreach (var field in Fields)
        {
            fields[field.Name] = map.Find(field.Name) is { } written
                ? field.Shape.Bind(written.Value, Join(path, field.Name), faults)
                : Absent(field, map.Mark, Join(path, field.Name), faults);
        }

        return new Bound(new BoundObject(fields), node.Mark, path);
    }

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var field in Fields)
        {
            var schema = field.Shape.Schema();
            schema["description"] = field.Why.Length > 0 ? $"{field.Says} Default: {field.Why}" : field.Says;
            if (field.Default is not null)
            {
                schema["default"] = field.Default;
            }

            properties[field.Name] = schema;
        }

        var json = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        var required = Fields.Where(f => f.Required).Select(f => (JsonNode)f.Name).ToArray();
        if (required.Length > 0)
        {
            json["required"] = new JsonArray(required);
        }

        if (Short is not null)
        {
            json["type"] = new JsonArray("object", "string");
        }

        return json;
    }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static Bound Absent(Field field, ConfigMark mark, string path, ConfigFaults faults)
    {
        if (field.Required)
        {
            faults.Add(new ConfigFault(mark, path, field.Shape.Expected, "nothing"));
            return new Bound(null, mark, path);
        }

        return field.Shape switch
        {
            ObjectShape nested when !field.Optional => nested.Bind(new MapNode(mark, []), path, faults) with { IsWritten = false },
            _ when field.Default is not null => field.Shape.Bind(new ScalarNode(mark, field.Default, false), path, faults) with { IsWritten = false },
            _ => new Bound(null, mark, path) { IsWritten = false },
        };
    }
}

/// <summary>Keys that the user names.</summary>
internal sealed record MapShape(string Expects, Shape Value, int Max) : Shape
{
    /// <summary>The only keys allowed; empty when any name will do.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    public override string Expected => Expects;

    public override Bound Bind(ConfigNode node, string path, ConfigFaults faults)
    {
        if (node is not MapNode map)
        {
            return Refuse(node, path, faults);
        }

        if (map.Entries.Length > Max)
        {
            faults.Add(new ConfigFault(node.Mark, path, $"at most {Max} entries", $"{map.Entries.Length}"));
        }

        var entries = ImmutableArray.CreateBuilder<BoundEntry>(map.Entries.Length);
        foreach (var entry in map.Entries)
        {
            var entryPath = ObjectShape.Join(path, entry.Key);
            if (!Names.IsName(entry.Key))
            {
                faults.Add(new ConfigFault(entry.Mark, entryPath, Names.Expected, $"'{entry.Key}'"));
            }
            else if (Keys.Length > 0 && !Keys.Contains(entry.Key))
            {
                faults.Add(new ConfigFault(entry.Mark, entryPath, string.Join(" or ", Keys), $"'{entry.Key}'", NearestName.Of(entry.Key, Keys)));
            }

            entries.Add(new BoundEntry(entry.Key, entry.Mark, Value.Bind(entry.Value, entryPath, faults)));
        }

        return new Bound(entries.MoveToImmutable(), node.Mark, path);
    }

    public override JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = Value.Schema(),
        ["propertyNames"] = Keys.Length > 0
            ? new JsonObject { ["enum"] = new JsonArray([.. Keys.Select(key => (JsonNode)key)]) }
            : new JsonObject { ["pattern"] = Names.Pattern },
        ["maxProperties"] = Max,
    };
}

/// <summary>Values in order.</summary>
internal sealed record ListShape(string Expects, Shape Item, int Min, int Max) : Shape
{
    public override string Expected => Expects;

    public override Bound Bind(ConfigNode node, string path, ConfigFaults faults)
    {
        if (node is not ListNode list)
        {
            return Refuse(node, path, faults);
        }

        if (list.Items.Length < Min || list.Items.Length > Max)
        {
            faults.Add(new ConfigFault(node.Mark, path, $"{Min} to {Max} entries", $"{list.Items.Length}"));
        }

        return new Bound(list.Items.Select((item, i) => Item.Bind(item, $"{path}[{i}]", faults)).ToImmutableArray(), node.Mark, path);
    }

    public override JsonObject Schema() => new() { ["type"] = "array", ["items"] = Item.Schema(), ["minItems"] = Min, ["maxItems"] = Max };
}

/// <summary>A word, or an object: <c>strict</c> or <c>{bounded: 30s}</c>.</summary>
internal sealed record EitherShape(ScalarShape Word, ObjectShape Mapping) : Shape
{
    public override string Expected => $"{Word.Expected} or {Mapping.Expected}";

    public override Bound Bind(ConfigNode node, string path, ConfigFaults faults) => node switch
    {
        MapNode => Mapping.Bind(node, path, faults),
        ScalarNode scalar when Word.Parse(scalar.Text) is not null => Word.Bind(node, path, faults),
        ScalarNode scalar => RefuseWord(scalar, path, faults),
        _ => Refuse(node, path, faults),
    };

    public override JsonObject Schema() => new() { ["oneOf"] = new JsonArray(Word.Schema(), Mapping.Schema()) };

    private Bound RefuseWord(ScalarNode node, string path, ConfigFaults faults)
    {
        faults.Add(new ConfigFault(node.Mark, path, Expected, node.Says, NearestName.Of(node.Text, Word.Words)));
        return new Bound(null, node.Mark, path);
    }
}
