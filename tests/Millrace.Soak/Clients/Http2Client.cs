using System.Net;

namespace Millrace.Soak.Clients;

/// <summary>.NET's own client of HTTP/2 without TLS, several streams on a connection.</summary>
internal sealed class Http2Client(RunClock clock) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, AllowAutoRedirect = false });

    public async Task<Answer> SendAsync(Asked asked)
    {
        Answer answer = new() { Sent = clock.Now };
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(40));
        try
        {
            using HttpRequestMessage request = new(new HttpMethod(asked.Method), $"http://127.0.0.1:{asked.Edge.Site.Port}{asked.Object.Path}")
            {
                Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.Host = asked.Object.Host.Host;
            foreach (var (name, value) in asked.Fields())
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await _http.SendAsync(request, patience.Token);
            answer.HeadCame = clock.Now;
            answer.Status = (int)response.StatusCode;
            foreach (var field in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
            {
                answer.Fields[field.Key] = string.Join(", ", field.Value);
            }

            await ReadAsync(asked, answer, response, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            answer.Broke = e is OperationCanceledException ? "no answer in 40 s" : $"{e.Message} {e.InnerException?.Message}";
        }

        answer.Ended = clock.Now;
        return answer;
    }

    public void Dispose() => _http.Dispose();

    private static async Task ReadAsync(Asked asked, Answer answer, HttpResponseMessage response, CancellationToken patience)
    {
        BodyReader body = new(asked, answer);
        await using var stream = await response.Content.ReadAsStreamAsync(patience);
        var buffer = new byte[32 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer, patience)) > 0)
        {
            body.Take(buffer.AsSpan(0, read));
            if (answer.Bytes >= asked.GoesAfter)
            {
                answer.Left = true;
                return;
            }

            if (asked.IsSlow && answer.Bytes < 600_000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), patience);
            }
        }

        body.End();
    }
}
