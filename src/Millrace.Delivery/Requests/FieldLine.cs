using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>One field line as it came; valid until its list changes.</summary>
/// <param name="id">The field, or <see cref="FieldId.Other"/>.</param>
/// <param name="name">The name as it came.</param>
/// <param name="value">The value, raw Latin-1, without surrounding white space.</param>
internal readonly ref struct FieldLine(FieldId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    public FieldId Id { get; } = id;

    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Value { get; } = value;

    public string NameText => Id != FieldId.Other && Name.SequenceEqual(FieldNames.Wire(Id)) ? FieldNames.Text(Id) : Encoding.Latin1.GetString(Name);

    public string ValueText => Encoding.Latin1.GetString(Value);

    /// <summary>Whether both have the same name, whatever its case.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);
}

/// <summary>Chooses among field lines.</summary>
internal delegate bool FieldMatch(FieldLine line);

/// <summary>Chooses among field lines by an argument, so that it captures nothing.</summary>
internal delegate bool FieldMatch<T>(FieldLine line, T argument);
