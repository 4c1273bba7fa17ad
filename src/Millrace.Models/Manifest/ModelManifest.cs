using System.Collections.Immutable;

namespace Millrace.Models.Manifest;

/// <summary>What a version of a model is and where it came from: what is signed. Never changed; the file itself is named by its digest.</summary>
public sealed record ModelManifest
{
    /// <summary>The format that this code writes, and the only one that it takes.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    /// <summary>The model's name in the registry, like <c>home-click</c>.</summary>
    public required string Name { get; init; }

    /// <summary>From 1 on; a name and a version are one model for ever.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made, in Unix µs.</summary>
    public required long Created { get; init; }

    public required ModelKind Kind { get; init; }

    /// <summary>SHA-256 of the file in lower-case hexadecimal.</summary>
    public required string Digest { get; init; }

    /// <summary>Of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>As the trainer words it.</summary>
    public required string Objective { get; init; }

    /// <summary>What it predicts, as policies name it; null where nothing was said.</summary>
    public string? Head { get; init; }

    /// <summary>What it is for, in words.</summary>
    public string? Purpose { get; init; }

    /// <summary>What it must not be used for, in words.</summary>
    public string? Limits { get; init; }

    /// <summary>In the model's own order.</summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary><see cref="FeatureHash"/> of them and of what the features meant when they were computed.</summary>
    public required string FeaturesHash { get; init; }

    /// <summary>The fingerprint of the features' definitions; null where the examples came from elsewhere.</summary>
    public string? Definitions { get; init; }

    /// <summary>What a label was, and the fingerprint of the outcomes' definitions.</summary>
    public string? Label { get; init; }

    /// <summary>Where the journal's range began that it learnt from, in Unix µs.</summary>
    public long? JournalFrom { get; init; }

    /// <summary>And ended.</summary>
    public long? JournalTo { get; init; }

    /// <summary>What trained it: a library and its version, or a command.</summary>
    public required string Trainer { get; init; }

    /// <summary>Of this program.</summary>
    public required string Code { get; init; }

    /// <summary>The revision of how features are computed; null where the examples came from elsewhere.</summary>
    public int? Engine { get; init; }

    public required int Seed { get; init; }

    /// <summary>The trainer's, as it was given them.</summary>
    public string? Parameters { get; init; }

    /// <summary>The digest of the model that it went on from.</summary>
    public string? Parent { get; init; }

    /// <summary>By slice of the data (<c>all</c> for the whole) and metric.</summary>
    public required ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ManifestMetric>> Metrics { get; init; }

    /// <summary>By group and figure.</summary>
    public required ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ManifestMetric>> Fairness { get; init; }

    /// <summary><c>home-click@7</c>.</summary>
    public override string ToString() => $"{Name}@{Version}";
}
