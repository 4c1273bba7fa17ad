using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// Answers by the key of their decision, for a while: the same request again gets the same answer, another request a conflict. Bounded in bytes: beyond it the oldest answers
/// go early. Answers are kept as bytes, since as objects each would live long enough to be moved by two collections, in pauses that others wait for. Thread-safe.
/// </summary>
/// <param name="remember">For how long.</param>
/// <param name="mostBytes">Of all answers.</param>
/// <param name="bytes">Where they stand; nobody else's.</param>
internal sealed class RememberedDecisions(TimeSpan remember, long mostBytes, AnswerBytes bytes)
{
    /// <summary>What an answer takes beside its bytes: its place, and that in the order of age.</summary>
    private const int PlaceBytes = 120;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Place> _places = [];
    private readonly Queue<(UInt128 Key, UnixMicros Time, long At, int Length)> _byAge = new();
    private long _bytes;
    private long _forgottenEarly;

    /// <summary>How many answers were forgotten before their time because the bound was hit.</summary>
    internal long ForgottenEarly => Interlocked.Read(ref _forgottenEarly);

    /// <summary>Bytes of the answers remembered now.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The answer given before; null when there was none, or it is forgotten.</summary>
    /// <exception cref="DecisionConflictException">The id belongs to another request.</exception>
    internal Decided? Find(UInt128 key, DecideRequest request, ulong fingerprint, UnixMicros now)
    {
        byte[]? image;
        lock (_lock)
        {
            Forget(now);
            image = Known(key, request.DecisionId, fingerprint);
        }

        return Read(image, request);
    }

    /// <summary>Remembers the answer, unless one was remembered meanwhile, which is then returned.</summary>
    internal Decided Keep(UInt128 key, DecideRequest request, ulong fingerprint, Decided answer, DecidedImage images, UnixMicros now)
    {
        ulong subject = answer.Subject is { } person ? DecisionKey.Subject(answer.Tenant, person) : 0;
        ReadOnlySpan<byte> image = images.Write(answer);
        byte[]? first;
        lock (_lock)
        {
            first = Known(key, request.DecisionId, fingerprint);
            if (first is null && image.Length <= AnswerBytes.Longest) Add(key, fingerprint, subject, image, now);
        }

        if (first is null && image.Length > AnswerBytes.Longest) Interlocked.Increment(ref _forgottenEarly);
        return Read(first, request) ?? answer;
    }

    private void Add(UInt128 key, ulong fingerprint, ulong subject, ReadOnlySpan<byte> image, UnixMicros now)
    {
        var place = new Place(fingerprint, subject, bytes.Add(image), image.Length);
        _places.Add(key, place);
        _byAge.Enqueue((key, now, place.At, place.Length));
        Interlocked.Add(ref _bytes, place.Length + PlaceBytes);
        Forget(now);
    }

    /// <summary>Forgets the answers that these persons were given, by <see cref="DecisionKey.Subject"/>, and overwrites them. Looks at every answer.</summary>
    internal void Forget(HashSet<ulong> persons)
    {
        lock (_lock)
        {
            foreach (var (key, place) in _places)
            {
                if (!persons.Contains(place.Subject)) continue;
                bytes.At(place.At, place.Length).Clear();
                _places.Remove(key);
            }
        }
    }

    /// <summary>A copy of the answer's bytes, to be read when the lock is left; null when there is none.</summary>
    private byte[]? Known(UInt128 key, string id, ulong fingerprint)
    {
        if (!_places.TryGetValue(key, out Place place)) return null;
        return place.Request == fingerprint ? bytes.At(place.At, place.Length).ToArray() : throw new DecisionConflictException(id);
    }

    /// <summary>Callers choose their ids: one made to have the key of another tenant's is not given that one's answer.</summary>
    private static Decided? Read(byte[]? image, DecideRequest request)
    {
        if (image is null) return null;
        Decided answer = DecidedImage.Read(image);
        return answer.Id == request.DecisionId && answer.Tenant == request.Tenant ? answer : throw new DecisionConflictException(request.DecisionId);
    }

    private void Forget(UnixMicros now)
    {
        while (_byAge.TryPeek(out var oldest))
        {
            bool old = now - oldest.Time > remember;
            if (!old && _bytes <= mostBytes) break;
            if (!old) Interlocked.Increment(ref _forgottenEarly);
            _byAge.Dequeue();

            // Overwritten, since an erasure that comes later cannot find them any more.
            bytes.At(oldest.At, oldest.Length).Clear();

            // The key may belong to a later answer: this one was forgotten with its person.
            if (_places.TryGetValue(oldest.Key, out Place place) && place.At == oldest.At) _places.Remove(oldest.Key);
            Interlocked.Add(ref _bytes, -(oldest.Length + PlaceBytes));
        }

        if (_byAge.TryPeek(out var next)) bytes.DropBelow(next.At);
    }

    /// <param name="Request">The request's fingerprint.</param>
    /// <param name="Subject">Whose answer it is; 0 for nobody's.</param>
    /// <param name="At">Where its bytes stand.</param>
    /// <param name="Length">How many they are.</param>
    private readonly record struct Place(ulong Request, ulong Subject, long At, int Length);
}
