namespace Millrace.Delivery.Requests;

/// <summary>
/// The request as an origin sees it: end-to-end fields and what a proxy adds. It is made once, right after the route is known, and everything
/// that decides about storing and reuse reads it, because a field that the origin never saw cannot have shaped its answer.
/// </summary>
internal static class UpstreamRequest
{
    /// <summary>The client's request without hop-by-hop and overriding fields, with Via, CDN-Loop and X-Forwarded-For, -Proto and -Host.</summary>
    public static DeliveryRequest Of(DeliveryRequest request, string name)
    {
        HeaderList headers = new(request.Headers.Count + 5);
        foreach (var line in request.Headers)
        {
            if (line.Id != FieldId.Expect && !HopByHop.Concerns(line, request.Headers) && !OverrideFields.Contains(line.NameText, request.Method))
            {
                headers.Add(line);
            }
        }

        headers.Add("Via", $"{request.Protocol} {name}");
        headers.Add("CDN-Loop", name);
        if (request.Client is not null)
        {
            headers.Set("X-Forwarded-For", headers.Combined("X-Forwarded-For") is { } before ? $"{before}, {request.Client}" : request.Client);
        }

        headers.Add("X-Forwarded-Proto", request.Scheme);
        headers.Add("X-Forwarded-Host", request.Authority);
        return request with { Headers = headers };
    }
}
