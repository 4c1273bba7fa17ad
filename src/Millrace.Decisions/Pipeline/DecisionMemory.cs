using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// What a decider knows of its decisions of late: answers for ten minutes, contexts and that an id was used for a day. Parted by key, so that decisions seldom wait for each other and
/// no table is so large that its growth would hold up one of them. Thread-safe.
/// </summary>
internal sealed class DecisionMemory
{
    private const int MostParts = 16;

    /// <summary>Less in a part would be lost to chance: parts fill unevenly.</summary>
    private const long LeastBytes = 4 << 20;

    private const int LeastRecalled = 1 << 14;

    private readonly Part[] _parts;
    private readonly TimeSpan _remember;

    /// <param name="options">The bounds of all parts together.</param>
    internal DecisionMemory(DeciderOptions options)
    {
        _remember = options.Remember;
        Remembers = options.RememberedBytes > 0;
        long most = Remembers ? Math.Min(options.RememberedBytes / LeastBytes, options.MaxRecalled / LeastRecalled) : options.MaxRecalled / LeastRecalled;
        int parts = (int)Math.Clamp(most, 1, MostParts);
        _parts =
        [
            .. Enumerable.Range(0, parts).Select(_ => new Part(
                new RememberedDecisions(options.Remember, options.RememberedBytes / parts, new AnswerBytes()),
                new RecalledDecisions(TimeSpan.FromHours(24), options.MaxRecalled / parts))),
        ];
    }

    /// <summary>Whether answers are remembered at all.</summary>
    internal bool Remembers { get; }

    /// <summary>How many answers were forgotten before their time because the bound was hit.</summary>
    internal long ForgottenEarly => _parts.Sum(static part => part.Remembered.ForgottenEarly);

    /// <summary>How many contexts were forgotten before their time because the bound was hit.</summary>
    internal long ContextsForgottenEarly => _parts.Sum(static part => part.Recalled.ForgottenEarly);

    /// <summary>Bytes of the answers that are remembered.</summary>
    internal long Bytes => _parts.Sum(static part => part.Remembered.Bytes);

    /// <summary>The answer given before; null when there was none, or it is forgotten.</summary>
    /// <exception cref="DecisionConflictException">The id belongs to another request.</exception>
    internal Decided? Find(DecideRequest request, ulong fingerprint, UnixMicros now)
    {
        UInt128 key = DecisionKey.Of(request.Tenant, request.DecisionId);
        Part part = PartOf(key);
        if (part.Remembered.Find(key, request, fingerprint, now) is { } answer) return answer;
        return part.Recalled.Request(key, now - _remember) is { } other && other != fingerprint ? throw new DecisionConflictException(request.DecisionId) : null;
    }

    /// <summary>Remembers the answer, unless one was remembered meanwhile, which is then returned.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="fingerprint">Of the request.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="images">Makes bytes of it, before any lock is taken.</param>
    /// <param name="now">When.</param>
    internal Decided Keep(DecideRequest request, ulong fingerprint, Decided answer, DecidedImage images, UnixMicros now)
    {
        UInt128 key = DecisionKey.Of(request.Tenant, request.DecisionId);
        Part part = PartOf(key);
        Decided kept = part.Remembered.Keep(key, request, fingerprint, answer, images, now);
        if (ReferenceEquals(kept, answer)) part.Recalled.Keep(key, fingerprint, answer, now);
        return kept;
    }

    /// <summary>Where and for whom a decision was taken; null when it is not known here.</summary>
    internal DecisionContext? Context(string tenant, string id)
    {
        UInt128 key = DecisionKey.Of(tenant, id);
        return PartOf(key).Recalled.Context(key);
    }

    /// <summary>Forgets what these persons were answered and for whom that was. Looks at everything.</summary>
    internal void Forget(string tenant, IEnumerable<string> subjects)
    {
        HashSet<ulong> persons = [.. subjects.Select(subject => DecisionKey.Subject(tenant, subject))];
        foreach (Part part in _parts)
        {
            part.Remembered.Forget(persons);
            part.Recalled.Forget(persons);
        }
    }

    private Part PartOf(UInt128 key) => _parts[(int)((ulong)(key >> 64) % (ulong)_parts.Length)];

    private readonly record struct Part(RememberedDecisions Remembered, RecalledDecisions Recalled);
}
