namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>What an evaluation comes to.</summary>
internal enum Verdict
{
    /// <summary>The log knows the policy, and every gate holds.</summary>
    Pass,

    /// <summary>The log knows the policy, and a gate does not hold.</summary>
    Fail,

    /// <summary>The log does not know the policy: nothing follows from it, neither good nor bad.</summary>
    NotEvaluable,
}

/// <summary>Why a log says nothing of a policy: a closed set, whose words stand in reports, replies and documents.</summary>
internal enum NotEvaluableReason
{
    /// <summary>No decision was left to look at.</summary>
    NothingLogged,

    /// <summary>The effective sample size is below its floor.</summary>
    TooFewEffective,

    /// <summary>The mean weight is far from 1: the log does not cover the policy, or its propensities are wrong.</summary>
    WeightsOff,

    /// <summary>Too much of what the policy would do could never have been logged.</summary>
    NotCovered,

    /// <summary>Too few persons' decisions, however many: draws are by person.</summary>
    TooFewPersons,

    /// <summary>Hardly any decision had both an outcome and a weight: intervals would have no width.</summary>
    TooFewOutcomes,

    /// <summary>Too much of the log could not be used, and what is left is not a fair part of it.</summary>
    LeftOut,

    /// <summary>A gate asks the direct method alone, whose bias no log shows.</summary>
    ModelAlone,

    /// <summary>A gate asks an estimate, or an interval of it, that this log does not give.</summary>
    NoSuchEstimate,
}

/// <summary>Their words.</summary>
internal static class Verdicts
{
    public static string Word(this Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "fail",
        _ => "not-evaluable",
    };

    /// <summary>In camel case.</summary>
    public static string Word(this NotEvaluableReason reason)
    {
        var name = reason.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
