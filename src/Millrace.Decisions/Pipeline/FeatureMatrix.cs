using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Pipeline;

/// <summary>Reads the features of a policy's heads of all candidates into one row-major matrix; what the request says of a candidate wins.</summary>
internal static class FeatureMatrix
{
    internal static void Read(Workspace work, in Request asked)
    {
        var plan = asked.Snapshot.Features.Plan(asked.Plan, asked.Plan.Columns);
        var matrix = work.ClearMatrix(plan.Columns);
        plan.Run(Inputs(asked, work.Person, work.Rows.AsSpan(0, work.Count)), work.Scratch, matrix);
        if (!asked.Asked.Candidates.IsDefault)
        {
            Override(work, asked.Asked, asked.Plan.Columns, matrix);
        }
    }

    /// <summary>What the features of these rows are read from.</summary>
    internal static ReadInputs Inputs(in Request asked, PersonBuffer person, ReadOnlySpan<int> rows) => new()
    {
        Snapshot = asked.Snapshot,
        Rows = rows,
        Person = person,
        Asked = asked.Now,
        Context = asked.Context,
        Surface = asked.Asked.Surface,
        Segment = asked.Policy.Segment is { } key ? asked.Asked.Context.GetValueOrDefault(key) : null,
        Slot = SlotOf(asked),
    };

    /// <summary>The slot that the decision fills; null when it fills several.</summary>
    private static string? SlotOf(in Request asked) => asked.Asked.Slots switch
    {
        { IsDefault: true } => asked.Surface.Slots is [var slot] ? slot.Id : null,
        [var slot] => slot.Id,
        _ => null,
    };

    private static void Override(Workspace work, DecideRequest request, ImmutableArray<string> columns, Span<float> matrix)
    {
        foreach (RequestCandidate candidate in request.Candidates)
        {
            if (candidate.Features.Count == 0 || work.IndexOf(candidate.Item) is not (>= 0 and var row)) continue;
            for (int column = 0; column < columns.Length; column++)
            {
                if (!candidate.Features.TryGetValue(columns[column], out float value)) continue;
                matrix[(row * columns.Length) + column] = value;
                work.Given.Add((row * columns.Length) + column);
            }
        }
    }
}
