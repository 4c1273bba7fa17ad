namespace Millrace.Features.Images;

/// <summary>A snapshot is refused: nothing of it is in force, and what was stays.</summary>
/// <param name="fault">Why, of a closed set.</param>
/// <param name="detail">What was expected and what was got.</param>
/// <param name="inner">What the file or the packing said.</param>
public sealed class FeatureSnapshotException(FeatureSnapshotFault fault, string detail, Exception? inner = null)
    : Exception($"The feature snapshot is refused ({fault}): {detail}", inner)
{
    public FeatureSnapshotFault Fault => fault;
}

/// <summary>Why a snapshot is refused.</summary>
public enum FeatureSnapshotFault
{
    /// <summary>The file cannot be read.</summary>
    Unreadable,

    /// <summary>It is something else than a snapshot of this kind.</summary>
    Foreign,

    /// <summary>Of a format that this release does not read.</summary>
    Version,

    /// <summary>Its end is missing.</summary>
    Truncated,

    /// <summary>Its bytes are not those that were written.</summary>
    Corrupt,

    /// <summary>It holds more than this node's bounds.</summary>
    Oversized,

    /// <summary>An item, a session or a person stands in it twice.</summary>
    Duplicate,

    /// <summary>Of other definitions.</summary>
    Definitions,

    /// <summary>Of another tenant.</summary>
    Tenant,

    /// <summary>It folds facts that the journal does not hold, hence is of another journal or of a later state of it.</summary>
    Ahead,

    /// <summary>Facts that it does not fold have left the journal already.</summary>
    Behind,
}
