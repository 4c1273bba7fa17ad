using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Turns a guarded request of Kestrel's HTTP/2 into one of the core's.</summary>
internal static class Http2FrontEnd
{
    public static async Task HandleAsync(DeliveryCore core, HttpContext context)
    {
        var exchange = core.Open(new Http2ResponseWriter(context));
        exchange.Begin();
        if (Http2Guard.Refuse(context) is { } status)
        {
            exchange.Request.SetMethod(Encoding.Latin1.GetBytes(context.Request.Method));
            await core.RefuseAsync(exchange, status, DeliveryReason.BadRequest, context.RequestAborted);
            return;
        }

        Fill(exchange.Request, context);
        await core.HandleAsync(exchange, context.RequestAborted);
    }

    private static void Fill(DeliveryRequest request, HttpContext context)
    {
        var from = context.Request;
        request.SetMethod(Encoding.Latin1.GetBytes(from.Method));
        request.IsSecure = from.IsHttps;
        request.SetAuthority(Encoding.Latin1.GetBytes(from.Headers.Host.ToString()));
        request.SetTarget(Encoding.Latin1.GetBytes(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget));
        request.Client = context.Connection.RemoteIpAddress?.ToString();
        request.Protocol = RequestProtocol.Http2;
        request.Body = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true ? new Http2RequestBody(from) : null;
        foreach (var (name, values) in from.Headers)
        {
            foreach (var value in values)
            {
                if (name[0] != ':')
                {
                    request.Headers.Add(name, value ?? "");
                }
            }
        }

        JoinCookies(request.Headers);
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
