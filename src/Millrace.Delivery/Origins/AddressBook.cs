using System.Collections.Concurrent;
using System.Net;

namespace Millrace.Delivery.Origins;

/// <summary>Addresses of names, kept for a while; when a look-up fails or does not end, the last ones known serve on.</summary>
/// <param name="resolve">Looks a name up.</param>
/// <param name="lifetime">How long what was found is used.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressBook(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeSpan lifetime, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Task<Found>> _asking = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>At least one address: families alternate from the system's first choice on (RFC 8305 §4).</summary>
    public async ValueTask<IPAddress[]> OfAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var literal))
        {
            return [literal];
        }

        if (_entries.TryGetValue(host, out var known) && (time.GetElapsedTime(known.At) < lifetime || !known.MayAsk(time)))
        {
            return known.Addresses;
        }

        var asking = LookUpOnce(host, known);
        if (known is not null && !asking.IsCompleted)
        {
            // Nobody waits for a resolver that is slow, or hangs: what it said last is better than no connection.
            return known.Addresses;
        }

        var found = await asking.WaitAsync(cancellationToken);
        return found.Addresses.Length > 0 ? found.Addresses : throw new OriginException(OriginFault.Unresolved, found.Fault);
    }

    /// <summary>One look-up of a name at a time, for all who want it, whoever of them leaves.</summary>
    private Task<Found> LookUpOnce(string host, Entry? known)
    {
        if (_asking.TryGetValue(host, out var under))
        {
            return under;
        }

        TaskCompletionSource<Found> mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = _asking.GetOrAdd(host, mine.Task);
        if (asking == mine.Task)
        {
            // Not awaited on purpose: it never throws, and tells by the task.
            _ = LookUpAsync(host, known, mine);
        }

        return asking;
    }

    private async Task LookUpAsync(string host, Entry? known, TaskCompletionSource<Found> tell)
    {
        Found found;
        try
        {
            var addresses = await resolve(host, CancellationToken.None);
            found = new Found(addresses.Length > 0 ? Alternate(addresses) : known?.Addresses ?? [], null);
            if (addresses.Length > 0)
            {
                known = null;
            }
        }
#pragma warning disable CA1031 // The boundary of a detached task: whatever a resolver throws, it found nothing.
        catch (Exception e)
#pragma warning restore CA1031
        {
            found = new Found(known?.Addresses ?? [], e);
        }

        if (found.Addresses.Length > 0)
        {
            // What is only kept on is asked for again soon; what was found has its life before it.
            _entries[host] = known is null ? new Entry(found.Addresses, time.GetTimestamp(), null) : known with { FailedAt = time.GetTimestamp() };
        }

        _asking.TryRemove(host, out _);
        tell.SetResult(found);
    }

    internal static IPAddress[] Alternate(IPAddress[] found)
    {
        var first = found[0].AddressFamily;
        Queue<IPAddress> these = new(found.Where(address => address.AddressFamily == first)), others = new(found.Where(address => address.AddressFamily != first));
        List<IPAddress> all = new(found.Length);
        while (these.Count + others.Count > 0)
        {
            if (these.TryDequeue(out var one))
            {
                all.Add(one);
            }

            if (others.TryDequeue(out var other))
            {
                all.Add(other);
            }
        }

        return [.. all];
    }

    /// <summary>What a look-up came to: none where the name was never known.</summary>
    private readonly record struct Found(IPAddress[] Addresses, Exception? Fault);

    /// <summary>Addresses of a name, since when, and when the resolver last had no answer.</summary>
    private sealed record Entry(IPAddress[] Addresses, long At, long? FailedAt)
    {
        /// <summary>A resolver that has just failed is not asked by every connection.</summary>
        private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

        public bool MayAsk(TimeProvider time) => FailedAt is not { } failed || time.GetElapsedTime(failed) >= AfterFailure;
    }
}
