namespace Millrace.Delivery.Tests.Model;

/// <summary>One step of a history: time passes, a client asks, and this is how the origin would answer.</summary>
/// <param name="Seconds">Passed before the request.</param>
/// <param name="Target">Which of the history's few targets.</param>
/// <param name="Method">Of the request.</param>
/// <param name="Fields">Of the request.</param>
/// <param name="Origin">What the origin does with what this step causes.</param>
internal sealed record Step(int Seconds, char Target, string Method, (string Name, string Value)[] Fields, Behaviour Origin)
{
    /// <summary>What another client asks while the origin holds the answer to this step back; null for nothing.</summary>
    public Step? Meanwhile { get; init; }

    public override string ToString() =>
        $"+{Seconds} s {Method} {Target} {string.Join(" | ", Fields.Select(static field => $"{field.Name}: {field.Value}"))}\n      origin: {Origin}{(Meanwhile is null ? "" : $"\n    meanwhile {Meanwhile}")}";
}

/// <summary>How the origin answers.</summary>
/// <param name="Status">When it is 200, conditions and ranges are obeyed; 0 hangs up.</param>
/// <param name="Fields">Of the response, beside the validators and Date.</param>
/// <param name="Validator">Which validators it sends.</param>
/// <param name="Changes">Whether the target has another representation from now on.</param>
/// <param name="Skew">Of its clock in seconds; null for no Date at all.</param>
/// <param name="Delay">Seconds that it thinks.</param>
internal sealed record Behaviour(int Status, (string Name, string Value)[] Fields, Validator Validator, bool Changes, int? Skew, int Delay)
{
    public override string ToString() =>
        $"{Status} {string.Join(" | ", Fields.Select(static field => $"{field.Name}: {field.Value}"))} ({Validator}{(Changes ? ", changed" : "")}, skew {Skew?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}, {Delay} s)";
}

/// <summary>What tells representations apart.</summary>
internal enum Validator
{
    None,
    Strong,
    Weak,
    Modified,
    StrongAndModified,
}
