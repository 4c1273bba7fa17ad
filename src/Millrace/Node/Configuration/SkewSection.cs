namespace Millrace.Node.Configuration;

/// <summary>Whether served values are compared with those that the journal gives, and at what price.</summary>
/// <param name="Watch">Whether.</param>
/// <param name="Share">Of one core, at most.</param>
internal sealed record SkewSection(bool Watch, double Share)
{
    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("watch", Scalars.Boolean, "Whether the journal is folded a second time, seconds behind serving, and each full record's values compared bit for bit: `millrace.features.skew`, `GET /v1/features/skew`. It doubles the memory of `folding`.", "true", "a feature that is served otherwise than it is trained does its harm unseen"),
        new("share", Scalars.Number(0.01, 1), "At most so much of one core.", "0.1", "serving comes first; what does not fit is compared later. Not measured yet under load"),
    ]);

    public static SkewSection Bind(BoundObject skew) => new(skew.Get<bool>("watch"), skew.Get<double>("share"));
}
