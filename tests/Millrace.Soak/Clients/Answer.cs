namespace Millrace.Soak.Clients;

/// <summary>What came, with the body checked as it came.</summary>
internal sealed class Answer
{
    /// <summary>When the request was sent.</summary>
    public double Sent { get; set; }

    public double HeadCame { get; set; }

    public double Ended { get; set; }

    public int Status { get; set; }

    public Dictionary<string, string> Fields { get; } = new(StringComparer.OrdinalIgnoreCase);

    public long Bytes { get; set; }

    /// <summary>Whether the whole body came, by the protocol's own framing.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Whether the client went away of its own will.</summary>
    public bool Left { get; set; }

    /// <summary>What broke the exchange, or null.</summary>
    public string? Broke { get; set; }

    /// <summary>What was wrong with the body, or null.</summary>
    public string? BodyFault { get; set; }

    public string? this[string name] => Fields.GetValueOrDefault(name);

    public override string ToString() =>
        $"{Status} sent {Sent:F0} head {HeadCame:F0} end {Ended:F0} ms, {Bytes} bytes{(IsWhole ? "" : " (not whole)")}{(Broke is null ? "" : $", {Broke}")} [{string.Join(", ", Fields.Select(static field => $"{field.Key}: {field.Value}"))}]";
}
