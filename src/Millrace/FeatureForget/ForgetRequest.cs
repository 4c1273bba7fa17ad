namespace Millrace.FeatureForget;

/// <summary>Which files are looked through, and what becomes of them.</summary>
internal sealed record ForgetRequest
{
    /// <summary>The directory of a build.</summary>
    public required string Directory { get; init; }

    /// <summary>Names the journal; empty when it has no name, and then nothing can be said to be retired.</summary>
    public required string Journal { get; init; }

    /// <summary>Whether journal and keys say that they belong together; else a key must have opened something before anything goes.</summary>
    public required bool KeysAreNamed { get; init; }

    /// <summary>Whether files stay as they are, and are only told of.</summary>
    public bool Keep { get; init; }

    /// <summary>Whether rows go too whose decisions retention has taken: nobody can tell whose they are.</summary>
    public bool DropUnknown { get; init; }

    /// <summary>Whether rows go too whose decisions the journal should hold, and cannot be found or read.</summary>
    public bool DropUnreadable { get; init; }
}
