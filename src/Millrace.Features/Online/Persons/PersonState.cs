namespace Millrace.Features.Online;

/// <summary>Whose state a section belongs to.</summary>
internal enum PersonEntity
{
    Session,
    User,
}

/// <summary>
/// One section of a person's state: how events change its bytes. What it holds is canonical, so that the same facts give the same bytes in any order, and it has no state
/// of its own: one instance serves all persons.
/// </summary>
internal abstract class PersonState
{
    /// <summary>Whether it wants events of this type.</summary>
    internal abstract bool Wants(string @event);

    /// <summary>Folds one event that it wants.</summary>
    internal abstract void Apply(in FoldedEvent folded, SectionEditor section);

    /// <summary>The section as text, for tests and for <c>features at</c>.</summary>
    internal abstract string Describe(ReadOnlySpan<byte> section);
}

/// <summary>One section of one person, to change in place.</summary>
internal readonly ref struct SectionEditor(PersonBlob blob, int section)
{
    /// <summary>Its bytes; empty before the first event. Valid until the next <see cref="Resize"/>.</summary>
    internal Span<byte> Bytes => blob.Section(section);

    /// <summary>Changes its length, keeping what stands before the new end.</summary>
    /// <returns>Its bytes; what was added is zero.</returns>
    internal Span<byte> Resize(int length) => blob.Resize(section, length);

    /// <summary>Says that it could not take all of the event: what it holds depends on the order of events now.</summary>
    internal void Cut()
    {
        FeatureMetrics.BoundHit("sums");
        blob.WasCut = true;
    }
}
