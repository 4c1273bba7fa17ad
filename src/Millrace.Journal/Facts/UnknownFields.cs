using System.Text.Json.Serialization;

namespace Millrace.Journal.Facts;

/// <summary>The raw bytes of fields that this release does not know, kept in the order they stood, so that a round trip loses nothing.</summary>
/// <param name="Open">Unknown fields of the open part, in wire form.</param>
/// <param name="Sealed">Unknown fields of the sealed part, in wire form, decrypted.</param>
public readonly record struct UnknownFields(ReadOnlyMemory<byte> Open, ReadOnlyMemory<byte> Sealed)
{
    public static UnknownFields None => default;

    /// <summary>Whether the sealed part stood plain, since it concerned nobody. Only then can it be written back into a fact without a subject.</summary>
    [JsonIgnore]
    public bool WasPlain { get; init; }

    public bool Equals(UnknownFields other) => Open.Span.SequenceEqual(other.Open.Span) && Sealed.Span.SequenceEqual(other.Sealed.Span);

    public override int GetHashCode() => HashCode.Combine(Open.Length, Sealed.Length);
}
