using System.Collections.Immutable;

namespace Millrace.Delivery.Origins;

/// <summary>What is known of one member of a group or tier: what is under way, how fast and how well it answers, and whether it is left out.</summary>
internal sealed class MemberState(OriginMember member, OriginServer server, BreakerOptions breaker, OriginWatch watch)
{
    /// <summary>A new time counts so much against all before it: about the last ten count.</summary>
    private const double Smoothing = 0.2;

    /// <summary>What is known of its speed fades to a third in this time, so that a member that was slow once is tried again.</summary>
    private static readonly TimeSpan Fading = TimeSpan.FromSeconds(5);

    /// <summary>The weight with which a member comes back, of its own.</summary>
    private const double FirstShare = 0.1;

    private readonly Lock _gate = new();
    private readonly long[] _failures = new long[Enum.GetValues<OriginFault>().Length];
    private double _smoothed;
    private long _smoothedAt;
    private int _inRow;
    private int _windowRequests;
    private int _windowFailures;
    private long _ejectedUntil;
    private long _readmitting;
    private int _ejections;
    private long _ejected;
    private int _probesInRow;
    private bool _unhealthy;

    public OriginMember Member { get; } = member;

    public OriginServer Server { get; } = server;

    public CircuitBreaker Breaker { get; } = new(breaker, watch);

    /// <summary>Times to the head in this window and the one before.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Until when it counts as the node itself, which a tier finds out by asking it.</summary>
    public long SelfUntil { get; set; }

    /// <summary>Requests in a row that failed.</summary>
    public int FailuresInRow => Volatile.Read(ref _inRow);

    public bool IsHealthy => !Volatile.Read(ref _unhealthy);

    /// <summary>Whether it is left out as an outlier.</summary>
    public bool IsEjected(long now) => Volatile.Read(ref _ejectedUntil) > now;

    /// <summary>Whether a request may go to it.</summary>
    public bool IsAvailable(long now) => IsHealthy && !IsEjected(now) && Breaker.WouldAllow(now);

    /// <summary>Its weight now: less than its own for a while after an ejection.</summary>
    public double Weight(long now, TimeSpan readmission)
    {
        var since = watch.Between(Volatile.Read(ref _readmitting), now);
        return since >= readmission || _ejected == 0 ? Member.Weight : Member.Weight * (FirstShare + ((1 - FirstShare) * Math.Max(0, since / readmission)));
    }

    /// <summary>How long a further request would take, in arbitrary units: requests in hand times the time of one, over the weight.</summary>
    public double Load(long now)
    {
        lock (_gate)
        {
            var known = _smoothed * Math.Exp(-(watch.Between(_smoothedAt, now) / Fading));
            return (Server.InHand + 1) * (1 + known) / Member.Weight;
        }
    }

    /// <summary>Takes in how a request went.</summary>
    /// <param name="ticket">The leave that its breaker gave it.</param>
    /// <param name="fault">What went wrong, or none.</param>
    /// <param name="status">The status, or 0.</param>
    /// <param name="took">Until the head, or the failure.</param>
    /// <param name="now">The clock's timestamp.</param>
    /// <returns>Failures in a row.</returns>
    public int Ended(BreakerTicket ticket, OriginFault fault, int status, TimeSpan took, long now)
    {
        var failed = fault != OriginFault.None || status is 500 or 502 or 503 or 504;
        var isOurs = fault.Reason() is DeliveryReason.OriginBusy;

        // A server that answers, whatever it says, costs nobody a wait: only silence and broken answers open the breaker.
        Breaker.Ended(ticket, isOurs ? null : fault == OriginFault.None, now);
        Latency.Record(took);
        lock (_gate)
        {
            _failures[(int)fault]++;
            if (isOurs)
            {
                return _inRow;
            }

            _windowRequests++;
            _windowFailures += failed ? 1 : 0;
            _smoothed += Smoothing * (took.TotalMicroseconds - _smoothed);
            _smoothedAt = now;
            return _inRow = failed ? _inRow + 1 : 0;
        }
    }

    /// <summary>A request ended without saying anything of the server.</summary>
    public void Abandoned(BreakerTicket ticket, long now) => Breaker.Ended(ticket, null, now);

    /// <summary>A body failed whose head was counted as a success.</summary>
    public int BodyFailed(BreakerTicket ticket, OriginFault fault, long now)
    {
        Breaker.BodyFailed(ticket, now);
        lock (_gate)
        {
            _failures[(int)fault]++;
            _windowFailures++;
            return ++_inRow;
        }
    }

    /// <summary>Ends the window of an interval and says what it held.</summary>
    public MemberWindow TakeWindow()
    {
        lock (_gate)
        {
            MemberWindow window = new(_windowRequests, Math.Min(_windowFailures, _windowRequests), Latency.Quantile(0.95));
            (_windowRequests, _windowFailures) = (0, 0);
            Latency.Turn();
            return window;
        }
    }

    /// <summary>Leaves it out: the nth time in a row n times as long.</summary>
    public void Eject(EjectionOptions options, long now)
    {
        lock (_gate)
        {
            _ejections++;
            _ejected++;
            _inRow = 0;
            var until = watch.After(now, TimeSpan.FromTicks(Math.Min(options.Time.Ticks * _ejections, options.MaxTime.Ticks)));
            Volatile.Write(ref _readmitting, until);
            Volatile.Write(ref _ejectedUntil, until);
        }
    }

    /// <summary>An interval without cause for complaint: one ejection is forgiven.</summary>
    public void Forgive()
    {
        lock (_gate)
        {
            _ejections = Math.Max(0, _ejections - 1);
        }
    }

    /// <summary>Takes in a health check; true when it changed what the member is.</summary>
    public bool Probed(bool well, HealthCheckOptions options)
    {
        lock (_gate)
        {
            if (well == !_unhealthy)
            {
                _probesInRow = 0;
                return false;
            }

            if (++_probesInRow < (well ? options.Rise : options.Fall))
            {
                return false;
            }

            (_unhealthy, _probesInRow) = (!well, 0);
            return true;
        }
    }

    public OriginMemberStats Stats(long now)
    {
        lock (_gate)
        {
            return new OriginMemberStats
            {
                Address = Member.Address,
                Weight = Member.Weight,
                InHand = Server.InHand,
                Requests = Server.Requests,
                Failures = Failures(),
                P95 = Latency.Quantile(0.95),
                IsHealthy = !_unhealthy,
                IsEjected = IsEjected(now),
                Ejections = _ejected,
                Breaker = Breaker.State(now),
            };
        }
    }

    private ImmutableDictionary<OriginFault, long> Failures()
    {
        var builder = ImmutableDictionary.CreateBuilder<OriginFault, long>();
        for (var i = 1; i < _failures.Length; i++)
        {
            if (_failures[i] > 0)
            {
                builder[(OriginFault)i] = _failures[i];
            }
        }

        return builder.ToImmutable();
    }
}

/// <summary>What a member did in an interval.</summary>
/// <param name="Requests">Requests that ended.</param>
/// <param name="Failures">Of these, failed.</param>
/// <param name="P95">The 95th percentile of times to the head, over this interval and the one before.</param>
internal readonly record struct MemberWindow(int Requests, int Failures, TimeSpan P95);

/// <summary>A member that may be asked once.</summary>
/// <param name="Member">The member.</param>
/// <param name="Ticket">The leave of its breaker, which must be told how it went.</param>
internal readonly record struct Admission(MemberState Member, BreakerTicket Ticket);
