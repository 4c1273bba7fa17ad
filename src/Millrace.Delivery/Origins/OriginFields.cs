using System.Text;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Origins;

/// <summary>What a fetch changes in the request as the origin would see it, and the mark by which loops are found.</summary>
internal static class OriginFields
{
    /// <summary>For a whole object that may be stored, validating <paramref name="stored"/> when there is one (RFC 9111 §4.3.1).</summary>
    public static HeaderList ForFetch(UpstreamRequest upstream, CachedObject? stored)
    {
        var headers = upstream.Headers.Clone();
        headers.RemoveWhere(static line => ConditionFields.Contains(line.Id));
        if (stored?.Head.ETag is { } tag)
        {
            headers.Add("If-None-Match", tag);
        }

        if (stored?.Head.LastModified is { } modified)
        {
            headers.Add("If-Modified-Since", modified);
        }

        return headers;
    }

    /// <summary>Whether the client's own CDN-Loop (RFC 8586), however Connection lists it, names this cache.</summary>
    public static bool HasPassed(DeliveryRequest request, string name)
    {
        foreach (var id in request.Headers.Members(FieldId.CdnLoop))
        {
            var semicolon = id.IndexOf((byte)';');
            if (Ascii.EqualsIgnoreCase(semicolon < 0 ? id : Syntax.TrimWhiteSpace(id[..semicolon]), name))
            {
                return true;
            }
        }

        return false;
    }
}
