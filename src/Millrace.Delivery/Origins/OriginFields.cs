using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Origins;

/// <summary>The fields that go to an origin: the client's end-to-end ones, and what a proxy must add.</summary>
internal static class OriginFields
{
    private static readonly HashSet<string> OwnByFetch = new(StringComparer.OrdinalIgnoreCase)
    {
        "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range",
    };

    /// <summary>As the client sent them, conditions and ranges included.</summary>
    public static HeaderList ForPassing(DeliveryRequest request, string name)
    {
        var headers = request.Headers.Clone();
        HopByHop.Strip(headers);
        headers.Remove("Expect");
        headers.Add("Via", $"{request.Protocol} {name}");
        headers.Add("CDN-Loop", name);
        if (request.Client is not null)
        {
            headers.Set("X-Forwarded-For", headers.Combined("X-Forwarded-For") is { } before ? $"{before}, {request.Client}" : request.Client);
        }

        headers.Set("X-Forwarded-Proto", request.Scheme);
        headers.Set("X-Forwarded-Host", request.Authority);
        return headers;
    }

    /// <summary>For a whole object that may be stored, validating <paramref name="stored"/> when there is one (RFC 9111 §4.3.1).</summary>
    public static HeaderList ForFetch(DeliveryRequest request, string name, StoredResponse? stored)
    {
        var headers = ForPassing(request, name);
        headers.RemoveWhere(static line => OwnByFetch.Contains(line.Name));
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

    public static bool HasPassed(DeliveryRequest request, string name)
    {
        var members = new FieldList(request.Headers.Combined("CDN-Loop"));
        while (members.MoveNext())
        {
            var id = members.Current;
            var semicolon = id.IndexOf(';');
            if ((semicolon < 0 ? id : id[..semicolon].Trim()).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
