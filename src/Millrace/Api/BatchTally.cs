using System.Text.Json;
using Millrace.Api.Json;

namespace Millrace.Api;

/// <summary>Counts the outcomes of a batch and lists what was refused. Not thread-safe: one request's own.</summary>
internal sealed class BatchTally(ApiServices services, string indexName)
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<(int Index, string Id, ProblemReason Reason, IReadOnlyList<Fault> Faults)> _rejected = [];
    private int _unlisted;

    public void Count(string outcome)
    {
        _counts[outcome] = _counts.GetValueOrDefault(outcome) + 1;
        services.Metrics.Record(outcome);
    }

    public void Reject(int index, string? id, ProblemReason reason, params IReadOnlyList<Fault> faults)
    {
        services.Metrics.Record(reason.Word());
        if (_rejected.Count < services.Limits.MaxRejectedListed)
        {
            _rejected.Add((index, id ?? "", reason, faults));
        }
        else
        {
            _unlisted++;
        }
    }

    /// <summary>Writes <paramref name="outcomes"/> as counts (0 where none), then the refused in order of index.</summary>
    public void Write(Utf8JsonWriter json, params ReadOnlySpan<string> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            json.WriteNumber(outcome, _counts.GetValueOrDefault(outcome));
        }

        json.WriteStartArray("rejected");
        foreach (var (index, id, reason, faults) in _rejected.OrderBy(r => r.Index))
        {
            json.WriteStartObject();
            json.WriteNumber(indexName, index);
            Reply.WriteOptional(json, "id", id.Length == 0 ? null : id);
            json.WriteString("reason", reason.Word());
            Reply.Faults(json, faults);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (_unlisted > 0)
        {
            json.WriteNumber("unlistedRejected", _unlisted);
        }
    }
}
