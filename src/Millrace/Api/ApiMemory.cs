using Millrace.Journal;

namespace Millrace.Api;

/// <summary>What the API remembers so that nothing is applied twice: copies of what the journal holds.</summary>
internal sealed class ApiMemory
{
    /// <summary>The one tenant that is served.</summary>
    private const string Tenant = "default";

    private ApiMemory(IJournal journal, ApiLimits limits, ApiMetrics metrics)
    {
        Events = new(journal, limits.RememberedEvents, metrics);
        Items = new(journal, limits.RememberedItems);
        Consents = new(journal);
    }

    public EventIds Events { get; }

    public ItemVersions Items { get; }

    public Consents Consents { get; }

    /// <summary>Reads back what the journal holds; the API serves when this is done.</summary>
    public static async Task<ApiMemory> OpenAsync(IJournal journal, TimeProvider clock, ApiLimits limits, ApiMetrics metrics, CancellationToken cancellation = default)
    {
        var memory = new ApiMemory(journal, limits, metrics);
        await memory.Events.LoadAsync(UnixMicros.Now(clock), cancellation);
        await memory.Items.LoadAsync(cancellation);
        await memory.Consents.LoadAsync(Tenant, cancellation);
        return memory;
    }
}
