using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Millrace.Delivery.Origins;

/// <summary>Addresses of names, kept for a while; when a look-up fails, the last ones known serve on.</summary>
/// <param name="resolve">Looks a name up.</param>
/// <param name="lifetime">How long what was found is used.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressBook(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeSpan lifetime, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>At least one address: families alternate from the system's first choice on (RFC 8305 §4).</summary>
    public async ValueTask<IPAddress[]> OfAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var literal))
        {
            return [literal];
        }

        if (_entries.TryGetValue(host, out var known) && time.GetElapsedTime(known.At) < lifetime)
        {
            return known.Addresses;
        }

        try
        {
            var found = await resolve(host, cancellationToken);
            if (found.Length > 0)
            {
                return (_entries[host] = new Entry(Alternate(found), time.GetTimestamp())).Addresses;
            }
        }
        catch (SocketException e) when (known is null)
        {
            throw new OriginException(OriginFault.Unresolved, e);
        }
        catch (SocketException)
        {
            // The last addresses known are better than none.
        }

        return known?.Addresses ?? throw new OriginException(OriginFault.Unresolved);
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

    private sealed record Entry(IPAddress[] Addresses, long At);
}
