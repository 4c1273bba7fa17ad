using System.Text;

namespace Millrace.Delivery.Replies;

/// <summary>One member of Cache-Status (RFC 9211): what this cache did. The steps of a request fill it; it is written once, with the head.</summary>
internal readonly record struct CacheStatus
{
    public bool Hit { get; init; }

    /// <summary>bypass, method, miss, stale, request, or null for a hit.</summary>
    public string? Forward { get; init; }

    public int? ForwardStatus { get; init; }

    /// <summary>Whether the store has the response by now; a body that is still arriving may yet be refused, and promises nothing.</summary>
    public bool Stored { get; init; }

    public bool Collapsed { get; init; }

    /// <summary>Seconds of freshness left; negative when stale.</summary>
    public long? TimeToLive { get; init; }

    public DeliveryReason Detail { get; init; }

    public string Text(string name)
    {
        var text = new StringBuilder(name);
        Append(Hit, "hit");
        Append(Forward is not null, $"fwd={Forward}");
        Append(ForwardStatus is not null, $"fwd-status={ForwardStatus}");
        Append(Stored, "stored");
        Append(Collapsed, "collapsed");
        Append(TimeToLive is not null, $"ttl={TimeToLive}");
        Append(Detail != DeliveryReason.None, $"detail={Detail.Wire()}");
        return text.ToString();

        void Append(bool when, string part)
        {
            if (when)
            {
                text.Append("; ").Append(part);
            }
        }
    }
}
