using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Delivery;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint delivery→fact: a response that bears a genuine token is always recorded, the others by a seeded share. A forged token makes the delivery
/// anonymous: the body is public either way, but nothing is learnt from it.
/// </summary>
/// <param name="queue">Carries the facts to the journal.</param>
/// <param name="tokens">Verifies tags.</param>
/// <param name="clock">Stamps the facts.</param>
/// <param name="newId">Makes fact ids.</param>
/// <param name="share">The share of deliveries without a token that is recorded, in [0, 1].</param>
/// <param name="seed">Seeds the choice.</param>
internal sealed class DeliveryToFact(FactWriteBehind queue, DeliveryTokens tokens, TimeProvider clock, Func<string> newId, double share, ulong seed) : IDeliverySink
{
    private long _anonymous;

    public void Delivered(in DeliveryRecord record)
    {
        if (record.Route.Length == 0)
        {
            return;
        }

        var now = UnixMicros.Now(clock);
        var token = TokenOf(record.Tag, now);
        if (token is null && !IsSampled(Interlocked.Increment(ref _anonymous)))
        {
            return;
        }

        queue.Write(new Delivered
        {
            Id = newId(),
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

    private DeliveryToken? TokenOf(string? tag, UnixMicros now) =>
        tag is not null && tokens.Verify(tag, DeliveryUrls.Tenant, now, out var token) == TokenFault.None ? token : null;

    // A hash of the count rather than every n-th: a periodic client would otherwise be always or never in the sample.
    private bool IsSampled(long count) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in count)), (long)seed) < share * ulong.MaxValue;
}
