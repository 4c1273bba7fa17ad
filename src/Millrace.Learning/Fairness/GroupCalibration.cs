using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Learning.Fairness;

/// <summary>Whether a probability means the same for every group: each group's predictions against its outcomes.</summary>
/// <param name="seed">Of the draws.</param>
/// <param name="replicates">Of the bootstrap, beside the data itself.</param>
internal sealed class GroupCalibration(ulong seed, int replicates = 200)
{
    private readonly SortedDictionary<string, ScoreTally> _groups = new(StringComparer.Ordinal);

    /// <summary>Adds one row.</summary>
    public void Add(string group, ulong person, double probability, bool happened)
    {
        if (!_groups.TryGetValue(group, out var tally))
        {
            _groups[group] = tally = new ScoreTally(seed, replicates);
        }

        tally.Add(person, probability, happened);
    }

    /// <summary>By group in ordinal order.</summary>
    public IEnumerable<KeyValuePair<string, ScoreTally>> Groups => _groups;
}
