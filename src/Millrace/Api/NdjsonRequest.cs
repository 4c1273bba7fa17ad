using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;

namespace Millrace.Api;

/// <summary>
/// Applies an NDJSON request batch by batch. A fault of the whole (too many lines or bytes, a broken gzip tail, a full journal) is a refusal while nothing has
/// an outcome yet; afterwards what is durable must not be hidden, so it ends the tally and names the first line that was not read.
/// </summary>
internal static class NdjsonRequest
{
    /// <param name="context">The request.</param>
    /// <param name="services">Bounds and counters.</param>
    /// <param name="shape">What a line must be.</param>
    /// <param name="tally">Gets every line's outcome.</param>
    /// <param name="apply">Applies one batch, each of whose records it tallies; throws when the journal takes no more.</param>
    /// <exception cref="ProblemException">The request is refused and nothing of it was applied.</exception>
    public static async Task ApplyAsync<T>(
        HttpContext context, ApiServices services, Shape<T> shape, BatchTally tally, Func<List<BatchRecord<T>>, Task> apply)
    {
        await using var body = RequestBody.Open(context, services);
        var lines = new NdjsonRecords<T>(body, shape, services);
        try
        {
            while (await lines.NextAsync(context.RequestAborted) is { Count: > 0 } batch)
            {
                await apply(batch);
            }
        }
        catch (ProblemException fault) when (tally.HasOutcomes)
        {
            tally.Stop(lines.NextLine, fault);
        }
        catch (BadHttpRequestException fault) when (tally.HasOutcomes)
        {
            tally.Stop(lines.NextLine, Endpoint.Refusal(services, fault));
        }
    }
}
