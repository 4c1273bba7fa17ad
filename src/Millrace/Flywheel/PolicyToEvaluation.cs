using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Flywheel;

/// <summary>Joint policy→evaluation: lets the code that decides say what a policy would have done with recorded decisions, and whether what was logged is what the policy that decided gives.</summary>
internal sealed class PolicyToEvaluation : IPolicyProbe
{
    /// <summary>The policy that decided, or a model of it, is not at hand.</summary>
    public const string PolicyMissing = "policyMissing";

    /// <summary>What was logged is not what the policy that decided gives: a record that estimates must not divide by.</summary>
    public const string NotReproduced = "notReproduced";

    private readonly PolicyProbe _target;
    private readonly LoggedPolicies _logged;
    private string?[] _items = [];
    private string[] _candidates = [];
    private double[] _propensities = [];
    private double[] _could = [];
    private double[] _would = [];
    private int _places;

    /// <param name="policy">What is judged.</param>
    /// <param name="shelf">Its models.</param>
    /// <param name="logged">The policies that decided.</param>
    /// <exception cref="Decisions.Ranking.ModelMissingException">A model is not on the shelf.</exception>
    public PolicyToEvaluation(Policy policy, IModelShelf shelf, LoggedPolicies logged)
    {
        _target = new PolicyProbe(policy, shelf);
        _logged = logged;
    }

    public ImmutableArray<string> Heads => _target.Heads;

    public ImmutableArray<double> Weights => _target.Weights;

    public ReadOnlySpan<string?> Items => _items.AsSpan(0, _places);

    public ReadOnlySpan<string> Candidates => _candidates;

    public ReadOnlySpan<double> Logged => _propensities.AsSpan(0, _places);

    public ReadOnlySpan<double> Values(int head) => _target.Values(head);

    public string? Read(Decided decided)
    {
        var found = _logged.Find(decided.Policy);
        var refusal = found is { } by ? by.Probe.Read(decided, by.Policy) : decided.Erased ? ProbeRefusal.Erased : ProbeRefusal.None;
        if (refusal == ProbeRefusal.None && found is null)
        {
            return PolicyMissing;
        }

        if (refusal == ProbeRefusal.None)
        {
            refusal = _target.Read(decided, found!.Value.Policy);
        }

        return refusal != ProbeRefusal.None ? Word(refusal) : Keep(decided, found!.Value.Probe) ? null : NotReproduced;
    }

    public ReadOnlySpan<double> Ask(ReadOnlySpan<double> weights, Span<double> targets, Span<double> supported)
    {
        var would = Buffer(ref _would, _places * _candidates.Length);
        _target.Propensities(weights, targets, would);
        for (var place = 0; place < _places; place++)
        {
            var (within, all) = (0.0, 0.0);
            for (var i = place * _candidates.Length; i < (place + 1) * _candidates.Length; i++)
            {
                all += would[i];
                within += _could[i] > 0 ? would[i] : 0;
            }

            // Where both leave it empty, nothing is missing.
            supported[place] = all > 0 ? within / all : _items[place] is null ? 1 : 0;
        }

        return would;
    }

    /// <summary>Keeps what the record says; false when the policy that decided does not give what was logged.</summary>
    private bool Keep(Decided decided, PolicyProbe by)
    {
        var slate = by.Slate;
        _places = slate.Length;
        _candidates = ImmutableCollectionsMarshal.AsArray(decided.Inputs!.Candidates)!;
        var propensities = Buffer(ref _propensities, _places);
        by.Propensities(by.Weights.AsSpan(), propensities, Buffer(ref _could, _places * _candidates.Length));
        if (_items.Length < _places)
        {
            _items = new string?[_places];
        }

        for (var place = 0; place < _places; place++)
        {
            _items[place] = slate[place] < 0 ? null : _candidates[slate[place]];
        }

        return AreLogged(decided, slate, propensities);
    }

    private static bool AreLogged(Decided decided, ReadOnlySpan<int> slate, ReadOnlySpan<double> again)
    {
        var place = -1;
        foreach (var item in decided.Slots.SelectMany(slot => slot.Items))
        {
            do
            {
                place++;
            }
            while (slate[place] < 0);

            if (BitConverter.DoubleToInt64Bits(item.Propensity) != BitConverter.DoubleToInt64Bits(again[place]))
            {
                return false;
            }
        }

        return !again.Contains(0);
    }

    private static Span<double> Buffer(ref double[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new double[length];
        }

        return buffer.AsSpan(0, length);
    }

    private static string Word(ProbeRefusal refusal) => char.ToLowerInvariant(refusal.ToString()[0]) + refusal.ToString()[1..];
}
