using Millrace.Api;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Joint event→journal: judges the token that an event bears. A token attests one event of each type for the item that its decision showed;
/// what it was spent on is read back from the journal on start.
/// </summary>
internal sealed class EventTokens(DeliveryTokens tokens, TimeProvider clock) : IEventTokens
{
    // 32 bytes and the table's overhead each: about 130 MB when full.
    private const int MaxSpent = 2_000_000;
    private const int ReadAtOnce = 1_024;

    private readonly SpentTokens _spent = new(DeliveryUrls.Life, MaxSpent);

    /// <summary>Reads back what the events of the last token's life were attested by.</summary>
    public async Task LoadAsync(IJournal journal, CancellationToken cancellation)
    {
        var since = UnixMicros.Now(clock) - DeliveryUrls.Life;
        for (var partition = 0; partition < journal.Partitions(JournalStream.Events); partition++)
        {
            var next = await journal.SeekAsync(JournalStream.Events, partition, since, cancellation);
            while (await journal.ReadAsync(JournalStream.Events, partition, next, ReadAtOnce, cancellation) is { Count: > 0 } facts)
            {
                foreach (var observed in facts.Select(stored => stored.Fact).OfType<Observed>().Where(fact => fact.Attested && fact.Decision is not null))
                {
                    var token = new DeliveryToken(observed.Tenant, observed.Decision!, observed.Item, observed.Rank ?? 0, default);
                    _spent.TrySpend(token, observed.Event, observed.Id, UnixMicros.Now(clock));
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }

    /// <summary>Spent tokens that were forgotten within their life because the bound was hit.</summary>
    public long DroppedEarly => _spent.DroppedEarly;

    public ShownAt? Read(string text, string tenant) =>
        tokens.Verify(text, tenant, UnixMicros.Now(clock), out var token) is TokenFault.None or TokenFault.Expired ? new ShownAt(token!.Slot, token.Rank) : null;

    public TokenVerdict Verify(in EventToken claim)
    {
        var now = UnixMicros.Now(clock);
        var fault = tokens.Verify(claim.Token, claim.Tenant, now, out var token);
        if (fault != TokenFault.None)
        {
            return fault switch
            {
                TokenFault.Expired => TokenVerdict.Expired,
                TokenFault.Foreign => TokenVerdict.Foreign,
                _ => TokenVerdict.Forged,
            };
        }

        if (token!.Item != claim.Item || token.Decision != claim.Decision)
        {
            return TokenVerdict.Foreign;
        }

        if (token.Rank != claim.Position)
        {
            return TokenVerdict.Mismatch;
        }

        return _spent.TrySpend(token, claim.EventType, claim.EventId, now) ? TokenVerdict.Valid : TokenVerdict.Replayed;
    }
}
