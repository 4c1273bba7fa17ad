using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Delivery;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint delivery→fact: the first response of each outcome that bears a genuine token, and is its item's body, is recorded with the decision; all others
/// by a seeded share and without it. A copied token thus buys one fact per outcome, whatever it is hung on; the body is public either way.
/// </summary>
/// <param name="write">Carries the facts to the journal.</param>
/// <param name="tokens">Verifies tags.</param>
/// <param name="bodyUrl">The URL of an item's body; null when the item is not known any more.</param>
/// <param name="namesOf">The names that an object may have in records, by its URL.</param>
/// <param name="clock">Stamps the facts.</param>
/// <param name="newId">Makes fact ids.</param>
/// <param name="share">The share of the others that is recorded, in [0, 1].</param>
/// <param name="seed">Seeds the choice.</param>
internal sealed class DeliveryToFact(
    Action<Delivered> write, DeliveryTokens tokens, Func<string, string?> bodyUrl, Func<string, IEnumerable<ulong>> namesOf, TimeProvider clock, Func<string> newId, double share, ulong seed) : IDeliverySink
{
    // 32 bytes and the table's overhead each: about 65 MB when full.
    private const int MaxTold = 1_000_000;

    private readonly SpentTokens _told = new(DeliveryUrls.Life, MaxTold);
    private long _anonymous;

    public void Delivered(in DeliveryRecord record)
    {
        if (record.Route.Length == 0)
        {
            return;
        }

        var now = UnixMicros.Now(clock);
        string? id = null;
        var token = TokenOf(record, now);
        if (token is not null && !_told.TrySpend(token, record.Outcome.Wire(), id = newId(), now))
        {
            token = null;
        }

        if (token is null && !IsSampled(Interlocked.Increment(ref _anonymous)))
        {
            return;
        }

        write(new Delivered
        {
            Id = id ?? newId(),
            Time = now,
            Route = record.Route,
            Decision = token?.Decision,
            Item = token?.Item,
            Rank = token?.Rank,
            ObjectHash = record.KeyHash,
            Outcome = record.Outcome.Wire(),
            Status = record.Status,
            TimeToFirstByte = record.TimeToFirstByte,
            BodyBytes = record.BodyBytes,
            Complete = record.Complete,
        });
    }

    private DeliveryToken? TokenOf(in DeliveryRecord record, UnixMicros now) =>
        record.Tag is not null && tokens.Verify(record.Tag, DeliveryUrls.Tenant, now, out var token) == TokenFault.None && IsBodyOf(token!.Item, record) ? token : null;

    private bool IsBodyOf(string item, in DeliveryRecord record) =>
        bodyUrl(item) is { } url && namesOf(url).Contains(record.KeyHash);

    // A hash of the count rather than every n-th: a periodic client would otherwise be always or never in the sample.
    private bool IsSampled(long count) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in count)), (long)seed) < share * ulong.MaxValue;
}
