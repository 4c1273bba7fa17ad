using System.Globalization;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Backtest;

/// <summary>
/// Writes what a first phase learns from: as CSV, for each click whose item is in the wide pool, that item and some of the others, with all that could be read of them. Clicks
/// whose item is not there teach nothing.
/// </summary>
/// <param name="output">Where to.</param>
/// <param name="features">The features that are read beside what the lists say.</param>
internal sealed class CandidateExamples(TextWriter output, IReadOnlyList<string> features)
{
    /// <summary>Of the items that were not clicked every so manyth is written, by a hash.</summary>
    public const int OthersEvery = 8;

    private FirstPhasePlan? _plan;
    private long _clicks;

    /// <summary>Writes the examples of one click.</summary>
    /// <param name="policy">Whose lists they are.</param>
    /// <param name="work">Gathered, and not cut.</param>
    /// <param name="asked">The request.</param>
    /// <param name="clicked">The item.</param>
    public void Add(Policy policy, Workspace work, in Request asked, string clicked)
    {
        _plan ??= Begin(policy);
        var wide = work.Wide;
        wide.Take(_plan.From, work.Sink.Fused, asked.Snapshot);
        var target = wide.Rows.IndexOf(asked.Snapshot.RowOf(clicked));
        if (target >= 0)
        {
            var rows = wide.Read(_plan, work, asked);
            Write(rows, target, 1);
            for (var i = 0; i < wide.Count; i++)
            {
                if (i != target && StableHash.Mix(StableHash.Mix((ulong)_clicks) ^ (ulong)wide.Rows[i]) % OthersEvery == 0)
                {
                    Write(rows, i, 0);
                }
            }

            _clicks++;
        }

        work.Sink.Fused.Clear();
    }

    private FirstPhasePlan Begin(Policy policy)
    {
        var plan = FirstPhasePlan.OfAll(policy, features);
        output.WriteLine($"click,label,place,{string.Join(',', plan.Columns)}");
        return plan;
    }

    private void Write(ReadOnlySpan<float> rows, int item, int label)
    {
        var width = _plan!.Columns.Length;
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{_clicks},{label},{item}"));
        foreach (var value in rows.Slice(item * width, width))
        {
            output.Write(',');
            if (!float.IsNaN(value))
            {
                output.Write(value.ToString(CultureInfo.InvariantCulture));
            }
        }

        output.WriteLine();
    }
}
