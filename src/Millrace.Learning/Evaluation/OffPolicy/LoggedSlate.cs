namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>One slate that a log holds, by place, and what the policy that is judged would have done there. Buffers are the caller's, and are not kept.</summary>
internal readonly ref struct LoggedSlate
{
    /// <summary>Whose it was, for draws by person.</summary>
    public required ulong Person { get; init; }

    /// <summary>The probability that was logged of each place, given those above it; above 0.</summary>
    public required ReadOnlySpan<double> Propensities { get; init; }

    /// <summary>The judged policy's, 0 from the first place on that it would never have filled so.</summary>
    public required ReadOnlySpan<double> Targets { get; init; }

    public required ReadOnlySpan<double> Rewards { get; init; }

    /// <summary>The ratio of the probabilities of what stands at each place, over all that could stand above it; empty where nobody knows.</summary>
    public ReadOnlySpan<double> Marginals { get; init; }

    /// <summary>What a model says comes of each place and all below it; empty without one.</summary>
    public ReadOnlySpan<double> Model { get; init; }

    /// <summary>By place, what the model says the judged policy would have earned from there on, given what stands above.</summary>
    public ReadOnlySpan<double> Direct { get; init; }

    /// <summary>By place, how much of the judged policy's probability stands on what could have been logged there; empty for all.</summary>
    public ReadOnlySpan<double> Supported { get; init; }
}
