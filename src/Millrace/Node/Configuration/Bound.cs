using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>A checked value with the place it came from. The value is null when it was faulty or is optional and absent.</summary>
/// <param name="Value">A scalar's parsed value, a <see cref="BoundObject"/>, an <see cref="ImmutableArray{T}"/> of Bound, or of named ones for a map.</param>
/// <param name="Mark">Where it was written.</param>
/// <param name="Path">Which setting it is.</param>
internal sealed record Bound(object? Value, ConfigMark Mark, string Path)
{
    /// <summary>False for a setting that is not there, whether or not it has a default.</summary>
    public bool IsWritten { get; init; } = true;

    public ImmutableArray<Bound> Items => Value is ImmutableArray<Bound> items ? items : [];

    public ImmutableArray<BoundEntry> Entries => Value is ImmutableArray<BoundEntry> entries ? entries : [];

    public BoundObject? Object => Value as BoundObject;

    public string? Text => Value as string;
}

/// <summary>One entry of a map whose keys the user names.</summary>
internal sealed record BoundEntry(string Name, ConfigMark Mark, Bound Value);

/// <summary>An object's fields by name; every declared field is present, with its default where nothing was written.</summary>
internal sealed class BoundObject(IReadOnlyDictionary<string, Bound> fields)
{
    public Bound this[string name] => fields[name];

    public IEnumerable<Bound> Fields => fields.Values;

    /// <summary>The field's value; only called when no fault was found, hence it is there and has the declared type.</summary>
    public T Get<T>(string name) => (T)fields[name].Value!;

    /// <summary>The field's value, or null when it is optional and absent.</summary>
    public T? Find<T>(string name)
        where T : struct => (T?)fields[name].Value;
}
