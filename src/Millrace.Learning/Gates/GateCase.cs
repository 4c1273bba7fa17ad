using System.Collections.Immutable;

namespace Millrace.Learning.Gates;

/// <summary>A model that would serve, and what it is judged by.</summary>
internal sealed record GateCase
{
    /// <summary>Its file, unparsed.</summary>
    public required byte[] Model { get; init; }

    /// <summary>The digest that its training reported.</summary>
    public required string Digest { get; init; }

    /// <summary>The features that its training reported, in order.</summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>When the last example was decided that it learnt from, or stopped by, in Unix µs; null where the report does not say.</summary>
    public required long? LearntUntil { get; init; }

    public required GateSample Sample { get; init; }

    /// <summary>In Unix µs: no example is later.</summary>
    public required long Now { get; init; }

    /// <summary>Whether it predicts a probability.</summary>
    public bool IsProbability { get; init; } = true;

    /// <summary>The file of the model that serves; null for none.</summary>
    public byte[]? Current { get; init; }

    /// <summary>Raw scores of rows by the library that trained it; null where it cannot be had.</summary>
    public Func<float[], double[]>? Trainer { get; init; }
}
