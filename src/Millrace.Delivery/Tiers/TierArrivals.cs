using System.Collections.Immutable;
using System.Net;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tiers;

/// <summary>What a request says about the node that it came through, taken out of its fields before anything reads them.</summary>
/// <param name="peers">Networks whose word about a client's scheme, and about purges, is believed; empty for anybody's.</param>
internal sealed class TierArrivals(ImmutableArray<IPNetwork> peers)
{
    public void Note(DeliveryRequest request)
    {
        request.Tier = TierField.Take(request.Headers);
        if (request.Tier is not { } hop)
        {
            return;
        }

        // Where nobody is named anybody may ask for an answer that is newer than some purge, as anybody may by no-cache; but it is no peer's word.
        var isBelieved = IsPeer(request.Client);
        request.Tier = hop with { Purges = isBelieved ? hop.Purges : null, IsByPeer = isBelieved && !peers.IsEmpty };
        if (isBelieved)
        {
            // Without it a shield would mix up what an origin says to http and to https. It is part of the key: a lie is kept under its own name.
            request.ViaSecure = Ascii.EqualsIgnoreCase(request.Headers.First(FieldId.XForwardedProto), "https"u8);
        }
    }

    private bool IsPeer(string? client)
    {
        if (peers.IsEmpty)
        {
            return true;
        }

        if (!IPAddress.TryParse(client, out var address))
        {
            return false;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in peers)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
