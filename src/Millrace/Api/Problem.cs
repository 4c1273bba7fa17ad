using Millrace.Api.Json;

namespace Millrace.Api;

/// <summary>Why a request or a record is refused: a closed set, whose words stand in replies, metrics and documents alike.</summary>
internal enum ProblemReason
{
    Malformed,
    Invalid,
    TooLarge,
    UnsupportedMediaType,
    UnsupportedEncoding,
    MethodNotAllowed,
    UnknownPath,
    UnknownSurface,
    UnknownItem,
    UnknownDecision,
    Conflict,
    TooOld,
    TokenForged,
    TokenForeign,
    TokenMismatch,
    TokenExpired,
    TokenReplayed,
    BadRequest,
    JournalFull,
    JournalFault,
    Internal,
    Starting,
    KeyRequired,
    KeyScope,
    KeyTenant,
    UnknownKey,
    UnknownPosition,
    UnknownSnapshot,
    Busy,
    TooLong,
}

/// <summary>A reason's word, title and status.</summary>
internal static class ProblemReasons
{
    /// <summary>The reason in camel case, as in <c>urn:millrace:tooLarge</c>.</summary>
    public static string Word(this ProblemReason reason)
    {
        var name = reason.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    public static (int Status, string Title) Meaning(this ProblemReason reason) => reason switch
    {
        ProblemReason.Malformed => (400, "The body is not JSON"),
        ProblemReason.Invalid => (400, "The request is not what was expected"),
        ProblemReason.TooLarge => (413, "The body is too large"),
        ProblemReason.UnsupportedMediaType => (415, "The content type is not accepted here"),
        ProblemReason.UnsupportedEncoding => (415, "The content encoding is not accepted here"),
        ProblemReason.MethodNotAllowed => (405, "The method is not allowed here"),
        ProblemReason.UnknownPath => (404, "There is nothing at this path"),
        ProblemReason.UnknownSurface => (404, "There is no such surface"),
        ProblemReason.UnknownItem => (404, "There is no such item"),
        ProblemReason.UnknownDecision => (404, "There is no such decision"),
        ProblemReason.Conflict => (409, "The id was used with another body"),
        ProblemReason.TooOld => (422, "The event is older than 24 hours"),
        ProblemReason.TokenForged or ProblemReason.TokenForeign or ProblemReason.TokenMismatch or ProblemReason.TokenExpired or ProblemReason.TokenReplayed =>
            (422, "The token does not attest this event"),
        ProblemReason.BadRequest => (400, "The request could not be read"),
        ProblemReason.JournalFull => (503, "The journal takes no more for now"),
        ProblemReason.JournalFault => (503, "The journal cannot write"),
        ProblemReason.Internal => (500, "The node failed at this request"),
        ProblemReason.Starting => (503, "The node is starting"),
        ProblemReason.KeyRequired => (401, "A key is required"),
        ProblemReason.KeyScope => (403, "The key's scope does not allow this"),
        ProblemReason.KeyTenant => (403, "The key's tenant is not served"),
        ProblemReason.UnknownKey => (404, "There is no such key"),
        ProblemReason.UnknownPosition => (404, "There is nothing at this position yet"),
        ProblemReason.UnknownSnapshot => (404, "There is no such snapshot"),
        ProblemReason.Busy => (429, "One of its kind is under way"),
        ProblemReason.TooLong => (422, "It would take more time or memory than is granted"),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}

/// <summary>A refusal of a whole request; the endpoint's frame turns it into problem+json.</summary>
internal sealed class ProblemException(ProblemReason reason, string detail, IReadOnlyList<Fault>? faults = null, int unlisted = 0) : Exception(detail)
{
    public ProblemReason Reason { get; } = reason;

    public IReadOnlyList<Fault> Faults { get; } = faults ?? [];

    public int Unlisted { get; } = unlisted;

    /// <summary>Replaces the reason's usual status when a front end gave a more exact one.</summary>
    public int? Status { get; init; }

    /// <summary>For <see cref="ProblemReason.MethodNotAllowed"/>: the methods that are.</summary>
    public string? Allow { get; init; }
}
