using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>How the values of one feature that were served compare with those built again from the journal. Tolerance zero: the bits are compared.</summary>
public sealed class FeatureSkew
{
    /// <summary>Cells compared.</summary>
    public long Compared { get; internal set; }

    /// <summary>Cells where both have a value, of other bits.</summary>
    public long Mismatched { get; internal set; }

    /// <summary>Cells that were served missing, though there is a value.</summary>
    public long Missing { get; internal set; }

    /// <summary>Cells that were served with a value, though there is none.</summary>
    public long Extra { get; internal set; }

    /// <summary>The first cell that differs, as <c>decision item: served, built</c>; null while there is none.</summary>
    public string? First { get; internal set; }

    /// <summary>When that decision was taken.</summary>
    public UnixMicros? FirstTime { get; internal set; }

    /// <summary>Cells that differ in any way.</summary>
    public long Different => Mismatched + Missing + Extra;
}

/// <summary>
/// Compares what full records say was served with what the journal says should have been. What the caller supplied itself is left out: no feature of ours explains it.
/// </summary>
/// <param name="features">The definitions that served.</param>
public sealed class SkewCheck(FeatureSet features) : IMomentVisitor
{
    private readonly SortedDictionary<string, FeatureSkew> _skews = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (CandidateReader Reader, FeatureSkew[] Skews)> _readers = new(StringComparer.Ordinal);

    /// <summary>Full records compared.</summary>
    public long Decisions { get; private set; }

    /// <summary>By feature, in ordinal order of name.</summary>
    public IReadOnlyDictionary<string, FeatureSkew> Features => _skews;

    /// <summary>Cells that differ in any way.</summary>
    public long Different => _skews.Values.Sum(skew => skew.Different);

    public ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
    {
        Compare(moment);
        return ValueTask.CompletedTask;
    }

    /// <summary>Compares the values of a full record; a slim one has none.</summary>
    public void Compare(Moment moment)
    {
        if (moment.Decided.Inputs is { Features.IsDefaultOrEmpty: false } inputs)
        {
            Compare(moment, inputs);
            Decisions++;
        }
    }

    private void Compare(Moment moment, DecisionInputs inputs)
    {
        var (reader, skews) = ReaderOf(inputs.Features);
        var built = reader.Read(moment, inputs.Candidates.AsSpan());
        var given = 0;
        for (var cell = 0; cell < built.Length; cell++)
        {
            if (given < inputs.Given.Length && inputs.Given[given] == cell)
            {
                given++;
                continue;
            }

            Compare(skews[cell % skews.Length], inputs.Matrix[cell], built[cell], moment.Decided, inputs.Candidates[cell / skews.Length]);
        }
    }

    private static void Compare(FeatureSkew skew, float served, float built, Decided decided, string item)
    {
        skew.Compared++;
        if (float.IsNaN(served) && float.IsNaN(built))
        {
            return;
        }

        if (float.IsNaN(served))
        {
            skew.Missing++;
        }
        else if (float.IsNaN(built))
        {
            skew.Extra++;
        }
        else if (BitConverter.SingleToInt32Bits(served) != BitConverter.SingleToInt32Bits(built))
        {
            skew.Mismatched++;
        }
        else
        {
            return;
        }

        skew.FirstTime ??= decided.Asked;
        skew.First ??= FormattableString.Invariant($"{decided.Id} {item}: served {served:R}, built {built:R}");
    }

    private (CandidateReader Reader, FeatureSkew[] Skews) ReaderOf(ImmutableArray<string> columns)
    {
        var key = string.Join(' ', columns);
        if (!_readers.TryGetValue(key, out var reader))
        {
            _readers.Add(key, reader = (new CandidateReader(features, columns), [.. columns.Select(SkewOf)]));
        }

        return reader;
    }

    private FeatureSkew SkewOf(string name)
    {
        if (!_skews.TryGetValue(name, out var skew))
        {
            _skews.Add(name, skew = new FeatureSkew());
        }

        return skew;
    }
}
