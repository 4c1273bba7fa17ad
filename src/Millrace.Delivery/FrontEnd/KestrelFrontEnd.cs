using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Turns a guarded Kestrel request into one of the core's.</summary>
internal static class KestrelFrontEnd
{
    public static async Task HandleAsync(DeliveryCore core, HttpContext context)
    {
        var writer = new KestrelResponseWriter(context);
        if (RequestGuard.Refuse(context) is { } status)
        {
            // What follows on this connection cannot be trusted to be a request.
            if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            await core.RefuseAsync(Request(context, "/", new HeaderList()), writer, status, context.RequestAborted);
            return;
        }

        HeaderList headers = new();
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                if (name[0] != ':')
                {
                    headers.Add(name, value ?? "");
                }
            }
        }

        JoinCookies(headers);
        var target = RequestGuard.OriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        await core.HandleAsync(Request(context, target, headers), writer, context.RequestAborted);
    }

    private static DeliveryRequest Request(HttpContext context, string target, HeaderList headers)
    {
        var body = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return new DeliveryRequest
        {
            Method = context.Request.Method,
            Scheme = context.Request.Scheme,
            Authority = context.Request.Headers.Host.ToString().ToLowerInvariant(),
            Target = target,
            Headers = headers,
            Body = body ? new KestrelRequestBody(context.Request.Body) : null,
            Client = context.Connection.RemoteIpAddress?.ToString(),
            Protocol = HttpProtocol.IsHttp2(context.Request.Protocol) ? "2" : context.Request.Protocol.EndsWith("1.0", StringComparison.Ordinal) ? "1.0" : "1.1",
        };
    }

    /// <summary>Cookie crumbs of HTTP/2 are one field in HTTP/1.1 (RFC 9113 §8.2.3).</summary>
    private static void JoinCookies(HeaderList headers)
    {
        if (headers.CountOf(FieldId.Cookie) > 1)
        {
            List<string> crumbs = [];
            foreach (var line in headers)
            {
                if (line.Id == FieldId.Cookie)
                {
                    crumbs.Add(line.ValueText);
                }
            }

            headers.Set("Cookie", string.Join("; ", crumbs));
        }
    }
}
