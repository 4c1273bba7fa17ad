using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Millrace.Tests.Node;

/// <summary>
/// An origin whose bodies follow from path and version, and what a cache before it may still say: any version since the last purge that was acknowledged,
/// whole and unmixed.
/// </summary>
internal sealed class VersionedOrigin : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(int Number, int Version), byte[]> _sums = new();
    private readonly int[] _versions;
    private readonly int[] _least;
    private TestOrigin _server = null!;

    private VersionedOrigin(int objects) => (_versions, _least) = (new int[objects], new int[objects]);

    public string Url => _server.Url;

    public int Objects => _versions.Length;

    public static async Task<VersionedOrigin> StartAsync(int objects, CancellationToken cancellation)
    {
        VersionedOrigin origin = new(objects);
        origin._server = await TestOrigin.StartAsync(origin.AnswerAsync, cancellation);
        return origin;
    }

    /// <summary>Changes what the origin has, and returns the version that a purge makes the least.</summary>
    public int Change(int number) => Interlocked.Increment(ref _versions[number]);

    /// <summary>A purge of everything before the version was acknowledged.</summary>
    public void Purged(int number, int version) => _least[number] = Math.Max(_least[number], version);

    /// <summary>The least version that may be served to a request that begins now.</summary>
    public int Least(int number) => Volatile.Read(ref _least[number]);

    /// <summary>Whether a body that came is one that the origin can have said, not older than the least.</summary>
    public bool MaySay(int number, int least, byte[] body)
    {
        var sum = SHA256.HashData(body);
        return Enumerable.Range(least, Volatile.Read(ref _versions[number]) - least + 1).Any(version => _sums.GetOrAdd((number, version), SumOf).AsSpan().SequenceEqual(sum));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static byte[] SumOf((int Number, int Version) of) => SHA256.HashData(Body(of.Number, of.Version));

    /// <summary>From a few bytes to a few hundred thousand.</summary>
    private static byte[] Body(int number, int version)
    {
        var body = new byte[1 << (2 + (number % 17))];
        new Random((number * 10_007) + version).NextBytes(body);
        return body;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var number = int.Parse(context.Request.Path.Value.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
        var version = Volatile.Read(ref _versions[number]);
        context.Response.Headers.CacheControl = "max-age=3600";
        context.Response.Headers.ETag = $"\"v{version}\"";
        context.Response.Headers["Surrogate-Key"] = $"n{number}";
        var body = Body(number, version);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
