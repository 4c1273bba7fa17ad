using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests;

/// <summary>An origin's object of any size, whose every byte tells where it stands; it answers ranges and conditions, and notes what it sent.</summary>
internal sealed class Film(long size)
{
    private const int PieceBytes = 64 * 1024;

    private long _sent;

    public int Version { get; set; } = 1;

    /// <summary>Whether it has another version as soon as it has answered once.</summary>
    public bool ChangesBehindNext { get; set; }

    public string? Validator { get; init; }

    public string CacheControl { get; set; } = "max-age=60";

    /// <summary>Closed before a head leaves.</summary>
    public TaskCompletionSource? Gate { get; init; }

    /// <summary>Answers in the place of the film where it is not null and returns true.</summary>
    public Func<HttpContext, bool>? Instead { get; set; }

    /// <summary>Waited for within a body, when so many of its bytes have left.</summary>
    public (long At, Task Gate)? Within { get; set; }

    /// <summary>The ranges that were asked for, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public long Sent => Interlocked.Read(ref _sent);

    public static byte[] Bytes(long first, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((first + i) * 31 % 251);
        }

        return bytes;
    }

    public async Task AnswerAsync(HttpContext context)
    {
        if (Gate is not null)
        {
            await Gate.Task;
        }

        var (request, response) = (context.Request, context.Response);
        var tag = Validator ?? $"\"v{Version}\"";
        response.Headers.CacheControl = CacheControl;
        response.Headers.ETag = tag;
        if (ChangesBehindNext)
        {
            (ChangesBehindNext, Version) = (false, Version + 1);
        }

        var range = request.Headers.Range.ToString();
        Asked.Enqueue(range);
        if (Instead?.Invoke(context) == true)
        {
            return;
        }

        if (request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = 304;
            return;
        }

        var applies = range.Length > 0 && (request.Headers.IfRange.Count == 0 || request.Headers.IfRange == tag);
        var (first, last) = (0L, size - 1);
        if (applies)
        {
            var ends = range["bytes=".Length..].Split('-');
            var suffix = ends[0].Length == 0;
            first = suffix ? size - long.Parse(ends[1], CultureInfo.InvariantCulture) : long.Parse(ends[0], CultureInfo.InvariantCulture);
            last = suffix || ends[1].Length == 0 ? last : Math.Min(last, long.Parse(ends[1], CultureInfo.InvariantCulture));
            response.StatusCode = first < size ? 206 : 416;
            response.Headers.ContentRange = first < size ? $"bytes {first}-{last}/{size}" : $"bytes */{size}";
            if (first >= size)
            {
                return;
            }
        }

        response.ContentLength = last - first + 1;
        for (var at = first; at <= last;)
        {
            var length = (int)Math.Min(PieceBytes, last - at + 1);
            if (Within is { } within && at - first < within.At && at - first + length > within.At)
            {
                length = (int)(within.At - (at - first));
            }
            else if (Within is { } now && at - first == now.At)
            {
                await response.Body.FlushAsync();
                await now.Gate;
            }

            Interlocked.Add(ref _sent, length);
            await response.Body.WriteAsync(Bytes(at, length), context.RequestAborted);
            at += length;
        }
    }
}
