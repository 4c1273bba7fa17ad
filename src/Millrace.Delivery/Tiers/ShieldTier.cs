using System.IO.Hashing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tiers;

/// <summary>
/// Asks an object's home among the shields, its next when that one has too much in hand or fails, and the origin when no shield gives a head within the
/// tier's budget. A request that has come through a tier already goes to the origin at once.
/// </summary>
internal sealed class ShieldTier : IDisposable
{
    /// <summary>How long a shield that proved to be this node is not asked: one lost round trip in so long finds out again.</summary>
    private static readonly TimeSpan SelfFor = TimeSpan.FromMinutes(1);

    private readonly ShieldOptions _options;
    private readonly MemberState[] _members;
    private readonly ulong[] _seeds;
    private readonly double[] _weights;
    private readonly HealthProber? _prober;
    private readonly ShieldPurges? _purges;
    private readonly OriginWatch _watch;
    private long _fallbacks;
    private long _outdated;

    public ShieldTier(ShieldOptions options, MemberState[] members, HealthProber? prober, ShieldPurges? purges, OriginWatch watch)
    {
        (_options, _members, _prober, _purges, _watch) = (options, members, prober, purges, watch);
        _seeds = Array.ConvertAll(members, static member => Rendezvous.Seed(member.Member.Address.AbsoluteUri));
        _weights = Array.ConvertAll(members, static member => (double)member.Member.Weight);
        foreach (var member in members)
        {
            member.Server.BodyFailed = (fault, ticket) => member.BodyFailed(ticket, fault, watch.Now);
        }
    }

    public OriginGroupStats Stats => new()
    {
        Name = _options.Name,
        Members = [.. _members.Select(member => member.Stats(_watch.Now))],
        Fallbacks = Interlocked.Read(ref _fallbacks),
        Outdated = Interlocked.Read(ref _outdated),
    };

    /// <summary>What a route with these shields and this contract asks: them, then its origin.</summary>
    public IUpstream Before(IUpstream origin, Contract contract) => new Route(this, origin, contract);

    public void Dispose() => _prober?.Dispose();

    private async ValueTask<OriginResponse> SendAsync(OriginCall call, IUpstream origin, Contract contract, CancellationToken cancellationToken)
    {
        if (call.Request.Tier is not null)
        {
            return await origin.SendAsync(call, cancellationToken);
        }

        // What is not safe, or has a body, no cache answers.
        var key = call.IsSafe ? call.Request.Key : null;
        PurgeMark? purges = null;
        if (_purges?.MayAsk(key, contract, out purges) == false)
        {
            return await PastAsync(call, origin, cancellationToken);
        }

        // The budget is for a second way to the same answer; what is not safe has only one, and the origin's own time for it.
        var by = call.IsSafe ? Math.Min(call.Deadline, _watch.After(_options.Budget)) : call.Deadline;
        ulong tried = 0;
        for (var tries = 0; tries < _options.Tries && _watch.Now < by; tries++)
        {
            if (Pick(KeyOf(call.Request), ref tried) is not { } shield)
            {
                break;
            }

            try
            {
                var line = TierField.Line(by == long.MaxValue ? null : _watch.Between(_watch.Now, by), purges);
                var response = await TryAsync(shield, call with { Deadline = by, Extra = line }, cancellationToken);
                response.IsByShield = true;
                if (_purges?.IsOutdated(key, response) == true)
                {
                    response.Dispose();
                    return await PastAsync(call, origin, cancellationToken);
                }

                if (!response.Tier.IsLoop)
                {
                    return response;
                }

                // The request came back to where it had been: that shield is this node, or leads to it. With a client's own marks in CDN-Loop it proves
                // nothing: anybody could write a shield's name there and have it left out. It lapses, since an address may come to be another's.
                if (HasOurMarkAlone(call.Headers))
                {
                    shield.Member.SelfUntil = _watch.After(SelfFor);
                }

                if (call.Body is not null)
                {
                    return response;
                }

                response.Dispose();
                break;
            }
            catch (OriginException e) when (call.IsSafe || e.Fault is OriginFault.Unresolved or OriginFault.Refused or OriginFault.ConnectTimeout or OriginFault.Tls)
            {
                // The next, or the origin. What was sent and is not safe is not sent twice.
            }
        }

        Interlocked.Increment(ref _fallbacks);
        return await origin.SendAsync(call, cancellationToken);
    }

    /// <summary>Asks the origin, since a shield's answer may be older than a purge.</summary>
    private ValueTask<OriginResponse> PastAsync(OriginCall call, IUpstream origin, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _outdated);
        Interlocked.Increment(ref _fallbacks);
        return origin.SendAsync(call, cancellationToken);
    }

    private static bool HasOurMarkAlone(HeaderList sent)
    {
        var marks = 0;
        foreach (var _ in sent.Members(FieldId.CdnLoop))
        {
            marks++;
        }

        return marks == 1;
    }

    private static ulong KeyOf(UpstreamRequest request)
    {
        XxHash3 hash = new();
        hash.Append(request.IsSecure ? "s"u8 : "p"u8);
        hash.Append(request.Authority);
        hash.Append(request.Target);
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>The first in the key's ranking that may be asked and has room; the first that may be asked when none has. Null when the origin is as near.</summary>
    private Admission? Pick(ulong key, ref ulong tried)
    {
        Span<int> ranking = stackalloc int[_members.Length];
        Rendezvous.Rank(key, _seeds, _weights, ranking);
        var now = _watch.Now;
        var (inHand, weights) = (0, 0.0);
        foreach (var member in _members)
        {
            inHand += member.Server.InHand;
            weights += member.IsAvailable(now) ? member.Member.Weight : 0;
        }

        var first = -1;
        foreach (var index in ranking)
        {
            var member = _members[index];
            if ((tried & (1UL << index)) != 0 || !member.IsAvailable(now))
            {
                continue;
            }

            if (member.SelfUntil > now)
            {
                return null;
            }

            first = first < 0 ? index : first;
            if (member.Server.InHand < Rendezvous.Capacity(_options.LoadFactor, inHand, member.Member.Weight, weights) && member.Breaker.TryEnter(now, out var ticket))
            {
                tried |= 1UL << index;
                return new Admission(member, ticket);
            }
        }

        tried |= first < 0 ? 0 : 1UL << first;
        return first >= 0 && _members[first].Breaker.TryEnter(now, out var last) ? new Admission(_members[first], last) : null;
    }

    private async ValueTask<OriginResponse> TryAsync(Admission shield, OriginCall call, CancellationToken cancellationToken)
    {
        var (began, member, ticket) = (_watch.Now, shield.Member, shield.Ticket);
        try
        {
            var response = await member.Server.SendAsync(call with { Ticket = ticket }, cancellationToken);
            member.Ended(ticket, OriginFault.None, response.Status, _watch.Between(began, _watch.Now), _watch.Now);
            return response;
        }
        catch (OriginException e)
        {
            member.Ended(ticket, e.Fault, 0, _watch.Between(began, _watch.Now), _watch.Now);
            throw;
        }
        catch
        {
            member.Abandoned(ticket, _watch.Now);
            throw;
        }
    }

    private sealed class Route(ShieldTier tier, IUpstream origin, Contract contract) : IUpstream
    {
        public ValueTask<OriginResponse> SendAsync(OriginCall call, CancellationToken cancellationToken) => tier.SendAsync(call, origin, contract, cancellationToken);
    }
}
