using System.Text.Json;

namespace Millrace.Tests.World;

/// <summary>What ranks behind a <see cref="VirtualAudience"/>: told of items and events, asked for slates, all at the clock's time.</summary>
internal interface IVirtualRanker
{
    /// <summary>An item was put into the catalogue.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="item">The request's JSON.</param>
    void Publish(string id, JsonElement item);

    /// <summary>Something was seen or clicked.</summary>
    void Observe(JsonElement happened);

    /// <summary>The ids to show for a request to decide, best first.</summary>
    IReadOnlyList<string> Decide(JsonElement request);
}
