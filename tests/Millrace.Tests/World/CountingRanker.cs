using System.Text.Json;

namespace Millrace.Tests.World;

/// <summary>
/// Ranks by clicks less a twentieth of impressions, ties at random; or, as a control that learns nothing, at random altogether. (Ranked by clicks
/// alone, what was clicked first stays on top: 12 % of the way to the oracle, measured.)
/// </summary>
internal sealed class CountingRanker(bool learns = true) : IVirtualRanker
{
    private readonly Dictionary<string, double> _merit = [];
    private readonly List<string> _catalogue = [];
    private uint _spin;

    public void Publish(string id, JsonElement item) => _catalogue.Add(id);

    public void Observe(JsonElement happened)
    {
        var item = happened.GetProperty("item").GetString()!;
        _merit[item] = _merit.GetValueOrDefault(item) + happened.GetProperty("type").GetString() switch { "click" => 1, "impression" => -0.05, _ => 0 };
    }

    public IReadOnlyList<string> Decide(JsonElement request) =>
    [
        .. learns
            ? _catalogue.OrderByDescending(item => _merit.GetValueOrDefault(item)).ThenBy(Spin).Take(8)
            : _catalogue.OrderBy(Spin).Take(8),
    ];

    private uint Spin(string item) => (_spin = _spin * 1664525 + 1013904223) ^ (uint)item.Length;
}
