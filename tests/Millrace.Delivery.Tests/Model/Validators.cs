using System.Globalization;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Comparisons of RFC 9110 §8.8 and the conditions of §13.1.</summary>
internal static class Validators
{
    public static bool Strong(string? a, string? b) => a is not null && a == b && !a.StartsWith("W/", StringComparison.Ordinal);

    public static bool Weak(string? a, string? b) => a is not null && b is not null && Opaque(a) == Opaque(b);

    /// <summary>Whether a 304 with these fields names the stored response (RFC 9111 §4.3.4).</summary>
    public static bool Name(Fields fields304, Fields stored) => fields304.Has("ETag")
        ? Weak(fields304.First("ETag"), stored.First("ETag"))
        : fields304.Has("Last-Modified") ? fields304.First("Last-Modified") == stored.First("Last-Modified") : !stored.Has("ETag") && !stored.Has("Last-Modified");

    /// <summary>
    /// Whether the request's conditions turn a 200 into a 304 (RFC 9110 §13.2.2): true or false when they must, null when a cache may do either
    /// (without Last-Modified the Date, or none, may be compared).
    /// </summary>
    public static bool? NotModified(Fields request, Fields stored)
    {
        if (request.Has("If-None-Match"))
        {
            return request.Joined("If-None-Match") == "*" || request.List("If-None-Match").Any(tag => Weak(tag, stored.First("ETag")));
        }

        if (request.Date("If-Modified-Since") is not { } since)
        {
            return false;
        }

        return stored.Date("Last-Modified") is { } modified ? modified <= since : null;
    }

    /// <summary>Whether If-Range lets a range be served (RFC 9110 §13.1.5): only a strong match does.</summary>
    public static bool RangeHolds(Fields request, Fields stored)
    {
        if (request.First("If-Range") is not { } condition)
        {
            return true;
        }

        return condition.Contains('"', StringComparison.Ordinal)
            ? Strong(condition, stored.First("ETag"))
            : DateTimeOffset.TryParseExact(condition, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && condition == stored.First("Last-Modified");
    }

    private static string Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
