using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>An object of named fields, read into a fresh <typeparamref name="T"/>. Unknown and repeated fields are faults; so is null.</summary>
/// <param name="name">Its name among the schemas of the OpenAPI document.</param>
/// <param name="description">One sentence for readers of that document.</param>
internal sealed class ObjectShape<T>(string name, string description) : Shape<T>
    where T : class, new()
{
    private readonly List<Field> _fields = [];
    private Action<T, Reading>? _check;

    /// <summary>Declares a field.</summary>
    /// <param name="field">Its name on the wire.</param>
    /// <param name="shape">What its value must be.</param>
    /// <param name="set">Puts the value where it belongs.</param>
    /// <param name="meaning">One sentence for the OpenAPI document.</param>
    /// <param name="required">Whether it may not be left out.</param>
    public ObjectShape<T> With<TValue>(string field, Shape<TValue> shape, Action<T, TValue> set, string meaning, bool required = false)
    {
        _fields.Add(new Field<TValue>(field, shape, set, meaning, required));
        return this;
    }

    /// <summary>Declares what must hold between fields; asked only when each by itself is right.</summary>
    public ObjectShape<T> Holding(Action<T, Reading> check)
    {
        _check = check;
        return this;
    }

    public override bool TryRead(ref Utf8JsonReader reader, Reading at, out T value)
    {
        value = new T();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            at.Wrong(ref reader, "an object");
            return false;
        }

        var fits = true;
        ulong seen = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            fits &= ReadField(ref reader, at, value, ref seen);
        }

        for (var i = 0; i < _fields.Count; i++)
        {
            if (_fields[i].Required && (seen & (1ul << i)) == 0)
            {
                at.Push(_fields[i].Name);
                at.Add("this field", "nothing");
                at.Pop();
                fits = false;
            }
        }

        if (fits && _check is not null)
        {
            var before = at.Faults.Count + at.Unlisted;
            _check(value, at);
            fits = at.Faults.Count + at.Unlisted == before;
        }

        return fits;
    }

    public override JsonObject Describe(SortedDictionary<string, JsonNode> components)
    {
        if (!components.ContainsKey(name))
        {
            var properties = new JsonObject();
            foreach (var field in _fields)
            {
                var schema = field.Describe(components);
                var own = schema["description"]?.GetValue<string>();
                schema["description"] = own is null ? field.Meaning : $"{field.Meaning} {own}";
                properties[field.Name] = schema;
            }

            var described = new JsonObject { ["type"] = "object", ["description"] = description, ["additionalProperties"] = false, ["properties"] = properties };
            if (_fields.Exists(f => f.Required))
            {
                described["required"] = new JsonArray([.. _fields.Where(f => f.Required).Select(f => (JsonNode)f.Name)]);
            }

            components[name] = described;
        }

        return new() { ["$ref"] = "#/components/schemas/" + name };
    }

    private bool ReadField(ref Utf8JsonReader reader, Reading at, T target, ref ulong seen)
    {
        var index = 0;
        while (index < _fields.Count && !Reading.Is(ref reader, _fields[index].Utf8Name))
        {
            index++;
        }

        if (index == _fields.Count)
        {
            var unknown = Reading.Text(ref reader) ?? "\uFFFD";
            at.Push(unknown);
            at.Add("a known field", "an unknown field", NearestName.Of(unknown, _fields.Select(f => f.Name)));
            at.Pop();
            reader.Skip();
            return false;
        }

        var field = _fields[index];
        at.Push(field.Name);
        var fits = (seen & (1ul << index)) == 0;
        if (fits)
        {
            seen |= 1ul << index;
            reader.Read();
            fits = field.TryRead(ref reader, at, target);
        }
        else
        {
            at.Add("each field once", "a repeated field");
            reader.Skip();
        }

        at.Pop();
        return fits;
    }

    private abstract class Field(string name, string meaning, bool required)
    {
        public string Name { get; } = name;

        public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(name);

        public string Meaning { get; } = meaning;

        public bool Required { get; } = required;

        public abstract bool TryRead(ref Utf8JsonReader reader, Reading at, T target);

        public abstract JsonObject Describe(SortedDictionary<string, JsonNode> components);
    }

    private sealed class Field<TValue>(string name, Shape<TValue> shape, Action<T, TValue> set, string meaning, bool required)
        : Field(name, meaning, required)
    {
        public override bool TryRead(ref Utf8JsonReader reader, Reading at, T target)
        {
            var fits = shape.TryRead(ref reader, at, out var value);
            if (fits)
            {
                set(target, value);
            }

            return fits;
        }

        public override JsonObject Describe(SortedDictionary<string, JsonNode> components) => shape.Describe(components);
    }
}
