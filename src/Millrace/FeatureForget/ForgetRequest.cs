namespace Millrace.FeatureForget;

/// <summary>Which files are looked through, and what becomes of them.</summary>
internal sealed record ForgetRequest
{
    /// <summary>The directory of a build.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether files stay as they are, and are only told of.</summary>
    public bool Keep { get; init; }

    /// <summary>Whether rows go too whose decisions the journal does not hold any more: nobody can tell whose they are.</summary>
    public bool DropUnknown { get; init; }
}
