using System.Text.Json;
using Millrace.Api.Json;

namespace Millrace.Api;

/// <summary>Counts the outcomes of a batch and lists what was refused. Not thread-safe: one request's own.</summary>
internal sealed class BatchTally(ApiServices services, string indexName)
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<(int Index, string Id, ProblemReason Reason, IReadOnlyList<Fault> Faults)> _rejected = [];
    private (int Index, ProblemException Fault)? _stopped;
    private int _unlisted;

    /// <summary>Whether a record has an outcome other than a refusal: one that a refusal of the whole request would hide.</summary>
    public bool HasOutcomes => _counts.Count > 0;

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

    /// <summary>Notes that a fault of the whole ended the request; nothing from <paramref name="index"/> on was applied. Listed last, always.</summary>
    public void Stop(int index, ProblemException fault)
    {
        services.Metrics.Refused(fault.Reason);
        _stopped = (index, fault);
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
            Write(json, index, id, reason, faults);
        }

        if (_stopped is var (stop, fault))
        {
            Write(json, stop, "", fault.Reason, [new("", Wanted(fault.Message), "more; nothing from here on was applied")]);
        }

        json.WriteEndArray();
        if (_unlisted > 0)
        {
            json.WriteNumber("unlistedRejected", _unlisted);
        }
    }

    private static string Wanted(string message) =>
        message.StartsWith("Expected ", StringComparison.Ordinal) ? message["Expected ".Length..].TrimEnd('.') : message;

    private void Write(Utf8JsonWriter json, int index, string id, ProblemReason reason, IReadOnlyList<Fault> faults)
    {
        json.WriteStartObject();
        json.WriteNumber(indexName, index);
        Reply.WriteOptional(json, "id", id.Length == 0 ? null : id);
        json.WriteString("reason", reason.Word());
        Reply.Faults(json, faults);
        json.WriteEndObject();
    }
}
