using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.PointInTime;

namespace Millrace.Node.Skew;

/// <summary>Tells of features that differ: once each, until they are clean again.</summary>
internal sealed class SkewAlarms(Counter<long> skew, ILogger log)
{
    /// <summary>After so many decisions without a difference a feature is clean again.</summary>
    internal const long Clean = 1_000;

    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);

    public bool IsUp(string feature) => _states.TryGetValue(feature, out var state) && state.Up;

    /// <summary>Looks at what a decision brought.</summary>
    /// <param name="check">What was compared.</param>
    /// <param name="excuseOf">Why nothing is promised of a feature.</param>
    public void Look(SkewCheck check, Func<string, SkewExcuse> excuseOf)
    {
        foreach (var (name, now) in check.Features)
        {
            if (!_states.TryGetValue(name, out var state))
            {
                _states.Add(name, state = new State());
            }

            if (now.Different > state.Different)
            {
                Differs(name, now, state, excuseOf(name));
                state.DiffersAt = check.Decisions;
            }
            else if (state.Up && check.Decisions - state.DiffersAt >= Clean)
            {
                state.Up = false;
                log.LogInformation(NodeEvents.SkewClean, "Feature {Feature} is served as the journal says again, for {Decisions} decisions", name, Clean);
            }
        }
    }

    private void Differs(string name, FeatureSkew now, State state, SkewExcuse excuse)
    {
        Count(name, "mismatch", now.Mismatched - state.Mismatched);
        Count(name, "missing", now.Missing - state.Missing);
        Count(name, "extra", now.Extra - state.Extra);
        (state.Mismatched, state.Missing, state.Extra) = (now.Mismatched, now.Missing, now.Extra);
        if (excuse == SkewExcuse.None && !state.Up)
        {
            state.Up = true;
            log.LogError(
                NodeEvents.SkewFound, "Feature {Feature} is served with other values than the journal gives: first {Difference}. Models must not be trained on it until this is explained",
                name, now.First);
        }
        else if (excuse != SkewExcuse.None && !state.Excused)
        {
            state.Excused = true;
            log.LogWarning(NodeEvents.SkewExcused, "Feature {Feature} differs from what the journal gives, where that is not promised ({Reason}): first {Difference}", name, excuse.Word(), now.First);
        }
    }

    private void Count(string feature, string kind, long more)
    {
        if (more > 0)
        {
            skew.Add(more, new KeyValuePair<string, object?>("feature", feature), new KeyValuePair<string, object?>("kind", kind));
        }
    }

    private sealed class State
    {
        public bool Up { get; set; }

        public bool Excused { get; set; }

        public long DiffersAt { get; set; }

        public long Mismatched { get; set; }

        public long Missing { get; set; }

        public long Extra { get; set; }

        public long Different => Mismatched + Missing + Extra;
    }
}
