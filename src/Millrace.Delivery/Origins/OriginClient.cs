using System.Net;
using System.Text;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Origins;

/// <summary>Speaks HTTP/1.1 to origins and leaves everything that it does not own as it was: no cookies, redirects, decompression or proxies.</summary>
internal sealed class OriginClient : IDisposable
{
    private static readonly UriCreationOptions RawTarget = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpMessageInvoker _plain;
    private readonly HttpMessageInvoker _secure;
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private long _requests;

    public OriginClient(DeliveryOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _plain = new HttpMessageInvoker(Handler(options));
        var secure = Handler(options);
        secure.ConnectCallback = static (context, cancellationToken) => OriginTls.ConnectAsync(context.DnsEndPoint, cancellationToken);
        _secure = new HttpMessageInvoker(secure);
    }

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Sends a request and returns when the response's head is here.</summary>
    /// <param name="route">Whose origin is asked.</param>
    /// <param name="request">The request as the origin sees it; its own fields are not sent, those of <paramref name="headers"/> are.</param>
    /// <param name="headers">The fields to send.</param>
    /// <param name="body">The body to stream, or null.</param>
    /// <param name="cancellationToken">The client or flight.</param>
    /// <exception cref="OriginException">No usable head came.</exception>
    /// <exception cref="RequestBodyException">The client's body failed.</exception>
    public async Task<OriginResponse> SendAsync(Route route, UpstreamRequest request, HeaderList headers, IRequestBody? body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(route, request, headers, body, cancellationToken);
            }
            catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
            {
                // No byte of the request went out, and only safe requests are repeated (RFC 9110 §9.2.2), once.
                if (attempt > 1 || body is not null || !IsRepeatable(request.Method))
                {
                    throw new OriginException(DeliveryReason.OriginUnreachable, e);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or FormatException or InvalidOperationException && e is not RequestBodyException)
            {
                throw new OriginException(DeliveryReason.OriginBroken, e);
            }
        }
    }

    public void Dispose()
    {
        _plain.Dispose();
        _secure.Dispose();
    }

    private static SocketsHttpHandler Handler(DeliveryOptions options) => new()
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        MaxConnectionsPerServer = options.MaxOriginConnections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        MaxResponseHeadersLength = 64,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
    };

    private async Task<OriginResponse> SendOnceAsync(Route route, UpstreamRequest request, HeaderList headers, IRequestBody? body, CancellationToken cancellationToken)
    {
        var requestedAt = _time.GetUtcNow();
        using OriginClock clock = new(_options, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        using var content = body is null ? null : new RequestBody(body, clock);
        using var message = Message(route, request, headers, content);
        Interlocked.Increment(ref _requests);
        HttpResponseMessage? response = null;
        try
        {
            response = await (route.Origin.Scheme == Uri.UriSchemeHttps ? _secure : _plain).SendAsync(message, either.Token);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new OriginResponse(response, stream, HeadersOf(response), _options.BodyIdleTimeout, _time)
            {
                Arrival = new Arrival(requestedAt, _time.GetUtcNow(), _time.GetTimestamp()),
            };
        }
        catch (OperationCanceledException e) when (clock.Token.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new OriginException(DeliveryReason.OriginTimeout, e);
        }
        catch (Exception) when (content?.Fault is not null)
        {
            response?.Dispose();
            throw content.Fault;
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    private static HttpRequestMessage Message(Route route, UpstreamRequest request, HeaderList headers, HttpContent? content)
    {
        // TLS is below the connection here (OriginTls), so the scheme is http for both, and the pool is the origin's.
        var origin = route.Origin;
        var uri = new Uri($"http://{origin.Host}:{origin.Port}{origin.AbsolutePath.TrimEnd('/')}{Encoding.Latin1.GetString(request.Target)}", RawTarget);
        var message = new HttpRequestMessage(new HttpMethod(Encoding.Latin1.GetString(request.MethodName)), uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Host = Encoding.Latin1.GetString(request.Authority);

        // SocketsHttpHandler sends a request without content again when a connection breaks under it; one with content, even empty, never (RFC 9110 §9.2.2).
        message.Content = content ?? (IsRepeatable(request.Method) ? null : new ByteArrayContent([]));
        foreach (var line in headers)
        {
            if (line.Id is FieldId.Host or FieldId.ContentLength)
            {
                continue;
            }

            var (name, value) = (line.NameText, line.ValueText);
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                // Content fields of a request without content: HttpClient can send them only with an empty one.
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    private static bool IsRepeatable(RequestMethod method) => method is RequestMethod.Get or RequestMethod.Head or RequestMethod.Options;

    private static HeaderList HeadersOf(HttpResponseMessage response)
    {
        HeaderList headers = new();
        Add(response.Headers.NonValidated);
        Add(response.Content.Headers.NonValidated);
        HopByHop.Strip(headers);
        if (response.Headers.TransferEncodingChunked == true)
        {
            // A length beside it is for the next parser to trip over (RFC 9112 §6.3).
            headers.Remove("Content-Length");
        }

        return headers;

        void Add(System.Net.Http.Headers.HttpHeadersNonValidated fields)
        {
            foreach (var field in fields)
            {
                foreach (var value in field.Value)
                {
                    if (!Syntax.IsToken(field.Key) || !Syntax.IsFieldValue(value))
                    {
                        throw new OriginException(DeliveryReason.OriginBroken, null);
                    }

                    headers.Add(field.Key, value);
                }
            }
        }
    }
}
