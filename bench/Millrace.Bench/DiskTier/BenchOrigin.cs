using System.Buffers.Binary;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Bench.DiskTier;

/// <summary>An origin whose every body is the numbers of its own bytes, so that any part can be told right from wrong; ranges too.</summary>
internal sealed class BenchOrigin : IAsyncDisposable
{
    private const int Piece = 64 << 10;

    private readonly WebApplication _app;
    private readonly long _length;
    private long _requests;

    private BenchOrigin(long length)
    {
        _length = length;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public long Requests => Interlocked.Read(ref _requests);

    public static async Task<BenchOrigin> StartAsync(long length)
    {
        BenchOrigin origin = new(length);
        await origin._app.StartAsync();
        return origin;
    }

    /// <summary>Whether bytes are those of a body from a position on, which is a multiple of 8.</summary>
    public static bool IsRight(ReadOnlySpan<byte> bytes, long at)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..], at += 8)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(bytes) != at)
            {
                return false;
            }
        }

        return true;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var (from, to) = (0L, _length - 1);
        context.Response.Headers.CacheControl = "max-age=86400";
        context.Response.Headers.ETag = "\"v1\"";
        if (context.Request.GetTypedHeaders().Range?.Ranges.FirstOrDefault() is { From: { } first } range)
        {
            (from, to) = (first, Math.Min(range.To ?? to, to));
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{to}/{_length}";
        }

        context.Response.ContentLength = to - from + 1;
        var piece = new byte[Piece];
        while (from <= to)
        {
            var length = (int)Math.Min(Piece, to - from + 1);
            for (var i = 0; i < length; i += 8)
            {
                BinaryPrimitives.WriteInt64LittleEndian(piece.AsSpan(i), from + i);
            }

            await context.Response.Body.WriteAsync(piece.AsMemory(0, length), context.RequestAborted);
            from += length;
        }
    }
}
