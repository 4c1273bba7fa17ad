namespace Millrace.Learning.Gates;

/// <summary>What a gate says.</summary>
internal enum GateOutcome
{
    Pass,
    Fail,

    /// <summary>The data do not tell. A gate that was asked for and cannot tell lets nothing through.</summary>
    NotEvaluable,
}

/// <summary>What a gate found.</summary>
/// <param name="Gate">Its name.</param>
/// <param name="Subject">What was judged: a feature, a group, a metric of a slice; empty for the whole.</param>
/// <param name="Outcome">Whether the model may pass.</param>
/// <param name="Value">The figure; null where there is none.</param>
/// <param name="Bound">What it had to keep to, in words.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record GateResult(string Gate, string Subject, GateOutcome Outcome, double? Value, string Bound, string Reason)
{
    /// <summary>Fails where <paramref name="fails"/>, else passes.</summary>
    internal static GateResult Of(string gate, string subject, bool fails, double? value, string bound, string reason) =>
        new(gate, subject, fails ? GateOutcome.Fail : GateOutcome.Pass, value, bound, reason);

    internal static GateResult Unknown(string gate, string subject, string bound, string reason) => new(gate, subject, GateOutcome.NotEvaluable, null, bound, reason);

    /// <summary>Of all: the worst of them.</summary>
    internal static GateOutcome Verdict(IEnumerable<GateResult> all) => all.Select(result => result.Outcome).Aggregate(GateOutcome.Pass, (worst, one) =>
        worst == GateOutcome.Fail || one == GateOutcome.Fail ? GateOutcome.Fail : worst == GateOutcome.NotEvaluable ? worst : one);
}
