using System.Net;
using System.Text;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Origins;

/// <summary>Speaks HTTP/1.1 to origins and leaves everything that it does not own as it was: no cookies, redirects, decompression or proxies.</summary>
internal sealed class OriginClient : IDisposable
{
    private static readonly UriCreationOptions RawTarget = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpMessageInvoker _invoker;
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private long _requests;

    public OriginClient(DeliveryOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
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
        });
    }

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Sends a request and returns when the response's head is here.</summary>
    /// <param name="route">Whose origin is asked.</param>
    /// <param name="request">The client's request; its own fields are not sent, those of <paramref name="headers"/> are.</param>
    /// <param name="headers">The fields to send.</param>
    /// <param name="body">The body to stream, or null.</param>
    /// <param name="cancellationToken">The client or flight.</param>
    /// <exception cref="OriginException">No usable head came.</exception>
    public async Task<OriginResponse> SendAsync(Route route, DeliveryRequest request, HeaderList headers, Stream? body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendOnceAsync(route, request, headers, body, cancellationToken);
            }
            catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
            {
                // No byte of the request went out, and only requests that may be repeated are (RFC 9110 §9.2.2), once.
                if (attempt > 1 || body is not null || request.Method is "POST" or "PATCH" or "CONNECT")
                {
                    throw new OriginException(DeliveryReason.OriginUnreachable, e);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or FormatException or InvalidOperationException)
            {
                throw new OriginException(DeliveryReason.OriginBroken, e);
            }
        }
    }

    public void Dispose() => _invoker.Dispose();

    private async Task<OriginResponse> SendOnceAsync(Route route, DeliveryRequest request, HeaderList headers, Stream? body, CancellationToken cancellationToken)
    {
        var requestedAt = _time.GetUtcNow();
        using var timeout = new CancellationTokenSource(_options.ResponseTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var message = Message(route, request, headers, body);
        Interlocked.Increment(ref _requests);
        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(message, either.Token);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new OriginResponse(response, stream, HeadersOf(response), _options.BodyIdleTimeout, _time)
            {
                RequestedAt = requestedAt,
                ReceivedAt = _time.GetUtcNow(),
                ReceivedTimestamp = _time.GetTimestamp(),
            };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new OriginException(DeliveryReason.OriginTimeout, e);
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    private static HttpRequestMessage Message(Route route, DeliveryRequest request, HeaderList headers, Stream? body)
    {
        var origin = route.Origin;
        var uri = new Uri($"{origin.Scheme}://{origin.Authority}{origin.AbsolutePath.TrimEnd('/')}{request.Target}", RawTarget);
        var message = new HttpRequestMessage(new HttpMethod(request.Method), uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Host = request.Authority;
        if (body is not null)
        {
            message.Content = new RequestBody(body, Syntax.DeltaSeconds(headers.First("Content-Length")) is not null ? long.Parse(headers.First("Content-Length")!, System.Globalization.CultureInfo.InvariantCulture) : null);
        }

        foreach (var (name, value) in headers)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                // Content fields of a request without content: HttpClient can send them only with an empty one.
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    private static HeaderList HeadersOf(HttpResponseMessage response)
    {
        HeaderList headers = new();
        Add(response.Headers.NonValidated);
        Add(response.Content.Headers.NonValidated);
        HopByHop.Strip(headers);
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
