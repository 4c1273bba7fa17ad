using System.Collections.Immutable;
using System.Globalization;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>What a slice of a build is made of: stands in each of its files, so that a later run knows whether the slice is done, and done alike.</summary>
/// <param name="From">The first time of the slice's decisions.</param>
/// <param name="To">The first time after the slice.</param>
/// <param name="Features">The names of the feature columns, in order.</param>
/// <param name="Definitions">The fingerprint of the feature set (<c>EpochFrozen.Definitions</c>).</param>
/// <param name="Engine">Raised whenever the same facts would give other rows.</param>
/// <param name="Kind">Which rows a decision has.</param>
/// <param name="AnyDefinitions">Whether decisions that were taken under other definitions have rows.</param>
/// <param name="Journal">Names the journal; empty when it has no name.</param>
public sealed record RowSlice(
    UnixMicros From, UnixMicros To, ImmutableArray<string> Features, string Definitions, int Engine, RowKind Kind = RowKind.Slate, bool AnyDefinitions = false, string Journal = "")
{
    /// <summary>What the names of its files begin with; in order of time.</summary>
    public string Name => NameOf(From, To);

    internal static string NameOf(UnixMicros from, UnixMicros to) => string.Create(CultureInfo.InvariantCulture, $"rows-{from.Value:D16}-{to.Value:D16}");
}

/// <summary>Which rows a decision has.</summary>
public enum RowKind
{
    /// <summary>One per item that it placed.</summary>
    Slate,

    /// <summary>One per candidate that it ranked: of full records, which alone know them.</summary>
    Candidates,
}
