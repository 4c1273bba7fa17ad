using Millrace.Soak.Content;
using Millrace.Soak.Fleet;

namespace Millrace.Soak.Clients;

/// <summary>What a client asks of an edge.</summary>
internal sealed record Asked(NodeProcess Edge, SoakObject Object, string Method)
{
    /// <summary>An index into <see cref="SoakObject.Languages"/>.</summary>
    public int Language { get; init; }

    public bool TakesGzip { get; init; }

    public (long From, long? To)? Range { get; init; }

    /// <summary>If-None-Match, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>Beyond so many bytes of body the client goes away.</summary>
    public long GoesAfter { get; init; } = long.MaxValue;

    /// <summary>Whether it reads slowly at first.</summary>
    public bool IsSlow { get; init; }

    public string Connection { get; init; } = "";

    public IEnumerable<(string Name, string Value)> Fields()
    {
        if (Object.Kind == ContentKind.Language)
        {
            yield return ("Accept-Language", SoakObject.Languages[Language]);
        }

        yield return ("Accept-Encoding", TakesGzip ? "gzip" : "identity");
        if (Range is { } range)
        {
            yield return ("Range", $"bytes={range.From}-{range.To}");
        }

        if (Tag is not null)
        {
            yield return ("If-None-Match", Tag);
        }
    }

    public override string ToString() =>
        $"{Method} {Object.Url} of {Edge.Site.Name} {Connection} [{string.Join(", ", Fields().Select(static field => $"{field.Name}: {field.Value}"))}]{(IsSlow ? " slow" : "")}";
}
