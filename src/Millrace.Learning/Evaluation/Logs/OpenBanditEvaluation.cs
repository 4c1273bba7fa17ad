using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>
/// Judges each of two policies by the log of the other: Random and Bernoulli TS of the Open Bandit dataset. Weights divide by the propensities that were logged: those of the policy's file are its average over the
/// campaign, while the log has what was in force, and they differ by up to a factor (record 0038).
/// </summary>
/// <param name="folder">With random/, bts/ and bts_policy.json.</param>
/// <param name="options">Of the estimates.</param>
/// <param name="bounds">From where on the log is said to know a policy.</param>
internal sealed class OpenBanditEvaluation(string folder, EstimationOptions options, OverlapBounds bounds)
{
    public const string RandomToBts = "rnd→bts";

    public const string BtsToRandom = "bts→rnd";

    /// <summary>Lines that were no impression.</summary>
    public BadLines Bad { get; } = new();

    /// <exception cref="InvalidDataException">A file is missing, or is not what it should be.</exception>
    public IEnumerable<(string Direction, OffPolicy.Evaluation Evaluation)> Run(IReadOnlyList<EvaluationGate> gates, CancellationToken cancellation)
    {
        var policy = OpenBanditLog.ReadPolicy(Path.Combine(folder, "bts_policy.json"));
        var table = new Dictionary<(ulong Context, ulong Action), double>();
        for (var item = 0; item < policy.Length; item++)
        {
            for (var position = 1; position <= OpenBanditLog.Positions; position++)
            {
                table[((ulong)position, OpenBanditLog.Key(item))] = policy[item][position - 1];
            }
        }

        // The random policy's 1 / items is a bound of what BTS's weights divide by, known before any log.
        var bounded = options with { WeightBound = policy.Max(static row => row.Max()) * policy.Length };
        yield return (RandomToBts, Evaluate("random", new TableTarget(table), bounded));
        yield return (BtsToRandom, Evaluate("bts", new UniformTarget(), options));

        OffPolicy.Evaluation Evaluate(string from, ITargetPolicy target, EstimationOptions with)
        {
            var log = new OpenBanditLog(OpenBanditLog.FileOf(Path.Combine(folder, from)), policy.Length);
            var first = true;
            return new ChoiceEvaluation
            {
                Read = () =>
                {
                    var bad = first ? Bad : new BadLines();
                    first = false;
                    return log.Read(bad);
                },
                Target = target,
                Options = with,
                Folds = 1,
                Gates = gates,
                Bounds = bounds,
            }.Run(cancellation);
        }
    }
}
