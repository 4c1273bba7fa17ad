using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>The frame around every endpoint: methods, refusals, and the journal's own troubles, all as problem+json.</summary>
internal static class Endpoint
{
    /// <summary>Maps a path with all its methods; others get 405 with Allow.</summary>
    public static void Map(IEndpointRouteBuilder routes, ApiServices services, string pattern, params (string Method, RequestDelegate Handle)[] methods)
    {
        var allow = string.Join(", ", methods.Select(m => m.Method));
        routes.Map(pattern, context => GuardAsync(context, services, () =>
        {
            foreach (var (method, handle) in methods)
            {
                if (HttpMethods.Equals(context.Request.Method, method))
                {
                    return handle(context);
                }
            }

            throw new ProblemException(ProblemReason.MethodNotAllowed, $"Expected {allow}.") { Allow = allow };
        }));
    }

    /// <summary>Answers every path that nobody mapped; a listener maps it once.</summary>
    public static void MapUnknown(IEndpointRouteBuilder routes, ApiServices services) =>
        routes.MapFallback("{**path}", context => GuardAsync(
            context, services, () => throw new ProblemException(ProblemReason.UnknownPath, "The OpenAPI document at /openapi.json lists the paths.")));

    /// <summary>The id in a path segment, percent-decoded once: routing leaves %2F undecoded, so that the raw target has to be read.</summary>
    /// <param name="context">The request.</param>
    /// <param name="segment">0-based index of the segment.</param>
    public static string PathId(HttpContext context, int segment)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length);
        var raw = path.ToString().Split('/').Skip(segment + 1).FirstOrDefault() ?? "";
        var at = new Json.Reading(default, 1);
        if (!TryDecode(raw, out var id))
        {
            at.Add("an id, percent-encoded UTF-8", Json.Reading.Quote(raw));
        }
        else if (Json.TextShape.Id.Check(id, at))
        {
            return id;
        }

        throw new ProblemException(ProblemReason.Invalid, "The id in the path is not one.", at.Faults);
    }

    private static async Task GuardAsync(HttpContext context, ApiServices services, Func<Task> handle)
    {
        try
        {
            await handle();
        }
        catch (ProblemException problem)
        {
            await RefuseAsync(context, services, problem);
        }
        catch (BadHttpRequestException bad)
        {
            var reason = bad.StatusCode == 413 ? ProblemReason.TooLarge : ProblemReason.BadRequest;
            await RefuseAsync(context, services, new(reason, bad.Message) { Status = bad.StatusCode });
        }
        catch (JournalFullException full)
        {
            services.Metrics.LimitHit(full.Bound);
            await RefuseAsync(context, services, new(ProblemReason.JournalFull, $"The bound {full.Bound} is hit; what was not acknowledged may be sent again."));
        }
        catch (JournalFaultException)
        {
            await RefuseAsync(context, services, new(ProblemReason.JournalFault, "Nothing is acknowledged until the node's disk works again."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left: nobody reads a reply.
        }
    }

    private static Task RefuseAsync(HttpContext context, ApiServices services, ProblemException problem)
    {
        services.Metrics.Refused(problem.Reason);
        return Reply.ProblemAsync(context, problem);
    }

    private static bool TryDecode(string raw, out string id)
    {
        id = "";
        var bytes = new byte[raw.Length * 3];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                length += System.Text.Encoding.UTF8.GetBytes(raw, i, 1, bytes, length);
            }
            else if (i + 2 < raw.Length && byte.TryParse(raw.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out bytes[length]))
            {
                (i, length) = (i + 2, length + 1);
            }
            else
            {
                return false;
            }
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length)))
        {
            return false;
        }

        id = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}
