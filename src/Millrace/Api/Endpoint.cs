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
        var segments = RequestTarget.Segments(context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "");
        var at = new Json.Reading(default, 1);

        // The router went by the decoded path: an id is taken only from a target in which its segments are the same.
        if (segments.Count != context.Request.Path.Value.AsSpan().Count('/'))
        {
            at.Add("a path of as many segments before its decoding as after");
        }
        else if (!RequestTarget.TryDecode(segments[segment], out var id))
        {
            at.Add("an id, percent-encoded UTF-8", Json.Reading.Quote(segments[segment]));
        }
        else if (Json.TextShape.Id.Check(id, at))
        {
            return id;
        }

        throw new ProblemException(ProblemReason.Invalid, "The id in the path is not one.", at.Faults);
    }

    /// <summary>What a client is told when the server could not read its request.</summary>
    public static ProblemException Refusal(ApiServices services, BadHttpRequestException bad)
    {
        if (bad.StatusCode != StatusCodes.Status413PayloadTooLarge)
        {
            return new(ProblemReason.BadRequest, bad.Message) { Status = bad.StatusCode };
        }

        services.Metrics.LimitHit(RequestBody.Limit);
        return new(ProblemReason.TooLarge, bad.Message);
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
            await RefuseAsync(context, services, Refusal(services, bad));
        }
        catch (Exception refused) when (refused is JournalFullException or JournalFaultException)
        {
            await RefuseAsync(context, services, Appending.Refusal(services, refused));
        }
        catch (JournalReadException refused)
        {
            services.Faulted(refused);
            await RefuseAsync(context, services, new(ProblemReason.JournalFault, "The journal cannot be read for now; try again."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left: nobody reads a reply.
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            services.Faulted(fault);
            await RefuseAsync(context, services, new(ProblemReason.Internal, "The node's log says more."));
        }
    }

    private static Task RefuseAsync(HttpContext context, ApiServices services, ProblemException problem)
    {
        services.Metrics.Refused(problem.Reason);
        return Reply.ProblemAsync(context, problem);
    }
}
