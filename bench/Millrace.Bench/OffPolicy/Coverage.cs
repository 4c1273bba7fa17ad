using Millrace.Learning.Evaluation.Intervals;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Bench.OffPolicy;

/// <summary>How often the intervals of an estimator hold the truth, over many seeds.</summary>
internal sealed class Coverage(double truth)
{
    private readonly SortedDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Tally> Tallies => _tallies;

    /// <summary>Takes the estimates of one seed.</summary>
    public void Add(IEnumerable<Estimate> estimates)
    {
        foreach (var estimate in estimates)
        {
            if (!_tallies.TryGetValue(estimate.Name, out var tally))
            {
                _tallies[estimate.Name] = tally = new Tally();
            }

            tally.Seeds++;
            tally.Error += (estimate.Value / truth) - 1;
            tally.Size += Math.Abs((estimate.Value / truth) - 1);
            tally.Studentised += estimate.Interval.Holds(truth) ? 1 : 0;
            tally.Percentile += BootstrapInterval.Percentile(estimate.Values).Holds(truth) ? 1 : 0;
            if (estimate.Anytime is { } anytime)
            {
                tally.Anytimes++;
                tally.Anytime += anytime.Holds(truth) ? 1 : 0;
            }
        }
    }

    /// <summary>Of one estimator.</summary>
    internal sealed class Tally
    {
        public int Seeds { get; set; }

        /// <summary>Σ of relative errors.</summary>
        public double Error { get; set; }

        /// <summary>Σ of their sizes.</summary>
        public double Size { get; set; }

        public int Studentised { get; set; }

        public int Percentile { get; set; }

        public int Anytimes { get; set; }

        public int Anytime { get; set; }
    }
}
