using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>Asks each member of a group for its health path, now and then. The plane's one watch wakes it.</summary>
internal sealed class HealthProber : IWatched, IDisposable
{
    /// <summary>Intervals differ by a tenth, so that nodes and members do not march in step.</summary>
    private const double Jitter = 0.1;

    private readonly MemberState[] _members;
    private readonly HealthCheckOptions _options;
    private readonly SeededChoice _choice;
    private readonly OriginWatch _watch;
    private readonly TimeProvider _time;
    private readonly HeaderList _fields = new(2);
    private readonly long[] _due;
    private readonly int[] _busy;
    private long _probes;

    public HealthProber(MemberState[] members, HealthCheckOptions options, SeededChoice choice, OriginWatch watch, TimeProvider time)
    {
        (_members, _options, _choice, _watch, _time) = (members, options, choice, watch, time);
        _fields.Add("User-Agent", "Millrace-health");
        _fields.Add("Accept", "*/*");

        _busy = new int[members.Length];

        // The first look is soon, and spread over an interval.
        _due = Array.ConvertAll(members, _ => watch.After(options.Interval * choice.NextDouble()));
    }

    /// <summary>Probes that ended.</summary>
    public long Probes => Interlocked.Read(ref _probes);

    public void Start()
    {
        _watch.Add(this);
        _watch.Expect(_due.Min());
    }

    public long Expire(long now)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            var due = Volatile.Read(ref _due[i]);
            var next = _watch.After(now, _options.Interval * (1 + (Jitter * ((2 * _choice.NextDouble()) - 1))));
            if (due <= now && Interlocked.CompareExchange(ref _due[i], next, due) == due && Interlocked.Exchange(ref _busy[i], 1) == 0)
            {
                // Not awaited on purpose: it never throws, and ends by its timeout. While it lasts no other begins: a slow member gets no more of them.
                _ = ProbeAsync(i);
            }
        }

        return _due.Min();
    }

    public void Dispose() => _watch.Remove(this);

    private async Task ProbeAsync(int member)
    {
        await ProbeAsync(_members[member]);
        Volatile.Write(ref _busy[member], 0);
        Interlocked.Increment(ref _probes);
    }

    private async Task ProbeAsync(MemberState member)
    {
        using CancellationTokenSource late = new(_options.Timeout, _time);
        var well = false;
        try
        {
            using var response = await member.Server.SendAsync(new OriginCall(RequestOf(member), _fields, null, OriginPace.Fill, null), late.Token);
            well = _options.Status is { } expected ? response.Status == expected : response.Status is >= 200 and < 400;
        }
        catch (OriginException e) when (e.Reason == DeliveryReason.OriginBusy)
        {
            // Our own connections are all in use: that says nothing of the server, which is just now serving them.
            return;
        }
        catch (Exception e) when (e is OriginException or OperationCanceledException or ObjectDisposedException)
        {
            // Not well, then.
        }

        member.Probed(well, _options);
    }

    private UpstreamRequest RequestOf(MemberState member)
    {
        DeliveryRequest request = new();
        request.SetMethod("GET"u8);
        request.SetAuthority(Encoding.Latin1.GetBytes(_options.Host ?? member.Member.Address.Authority));
        var path = Encoding.Latin1.GetBytes(_options.Path);
        request.SetTarget(path);
        return UpstreamRequest.Of(request, path, new UpstreamFields(request, ""));
    }
}
