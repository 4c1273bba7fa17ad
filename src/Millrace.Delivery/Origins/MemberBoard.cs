namespace Millrace.Delivery.Origins;

/// <summary>
/// Chooses among a group's members, by the power of two choices (Mitzenmacher 2001): two are drawn by weight, and the one with less to do takes the
/// request. Members that fail their health checks, stand out from the others, or have their breaker open are left out, as long as anybody is left.
/// </summary>
internal sealed class MemberBoard(MemberState[] members, EjectionOptions ejection, SeededChoice choice, OriginWatch watch)
{
    private readonly Lock _gate = new();
    private long _judges = watch.After(ejection.Interval);
    private long _ejections;

    public MemberState[] Members { get; } = members;

    /// <summary>Ejections since the start.</summary>
    public long Ejections => Interlocked.Read(ref _ejections);

    /// <summary>Takes leave of a member's breaker for a request; null when there is nobody to ask.</summary>
    /// <param name="tried">Who has failed this request already; asked again only if nobody else is there.</param>
    /// <param name="mayRepeat">Whether one who was tried may be asked again.</param>
    public Admission? Pick(MemberState? tried = null, bool mayRepeat = false)
    {
        var now = watch.Now;

        // When everybody is left out, being left out says nothing: better ask somebody than nobody. A breaker holds even then.
        return Draw(now, tried, static (member, now) => member.IsAvailable(now))
            ?? Draw(now, tried, static (member, now) => member.Breaker.WouldAllow(now))
            ?? (mayRepeat ? Draw(now, null, static (member, now) => member.Breaker.WouldAllow(now)) : null);
    }

    /// <summary>Takes in how a request to a member ended.</summary>
    public void Ended(Admission admission, OriginFault fault, int status, TimeSpan took)
    {
        var now = watch.Now;
        Consider(admission.Member, admission.Member.Ended(admission.Ticket, fault, status, took, now), now);
    }

    /// <summary>A body failed whose head was counted as a success.</summary>
    public void BodyFailed(Admission admission, OriginFault fault)
    {
        var now = watch.Now;
        Consider(admission.Member, admission.Member.BodyFailed(admission.Ticket, fault, now), now);
    }

    private void Consider(MemberState member, int failuresInRow, long now)
    {
        if (Members.Length == 1 || (now < Volatile.Read(ref _judges) && (ejection.ConsecutiveFailures == 0 || failuresInRow < ejection.ConsecutiveFailures)))
        {
            return;
        }

        lock (_gate)
        {
            if (ejection.ConsecutiveFailures > 0 && failuresInRow >= ejection.ConsecutiveFailures && OthersDoBetter(member))
            {
                TryEject(member, now);
            }

            if (now >= _judges)
            {
                Volatile.Write(ref _judges, watch.After(now, ejection.Interval));
                Judge(now);
            }
        }
    }

    /// <summary>A row of failures that everybody has is the group's, and ejecting one after another would only crowd the rest.</summary>
    private bool OthersDoBetter(MemberState member) => Array.Exists(Members, other => other != member && other.FailuresInRow < ejection.ConsecutiveFailures);

    private void Judge(long now)
    {
        var windows = Array.ConvertAll(Members, static member => member.TakeWindow());
        for (var i = 0; i < Members.Length; i++)
        {
            if (Members[i].IsEjected(now))
            {
                continue;
            }

            if (OutlierRules.IsOutlier(windows, i, ejection))
            {
                TryEject(Members[i], now);
            }
            else if (windows[i].Requests >= ejection.MinRequests)
            {
                Members[i].Forgive();
            }
        }
    }

    private void TryEject(MemberState member, long now)
    {
        var others = Members.Count(other => other.IsEjected(now));
        if (!member.IsEjected(now) && others + 1 <= ejection.MaxShare * Members.Length && others + 1 < Members.Length)
        {
            member.Eject(ejection, now);
            Interlocked.Increment(ref _ejections);
        }
    }

    private Admission? Draw(long now, MemberState? tried, Func<MemberState, long, bool> may)
    {
        if (Members.Length == 1)
        {
            return Members[0] != tried && may(Members[0], now) && Members[0].Breaker.TryEnter(now, out var only) ? new Admission(Members[0], only) : null;
        }

        Span<double> weights = stackalloc double[Members.Length];
        var candidates = 0;
        for (var i = 0; i < Members.Length; i++)
        {
            weights[i] = Members[i] != tried && may(Members[i], now) ? Members[i].Weight(now, ejection.Readmission) : 0;
            candidates += weights[i] > 0 ? 1 : 0;
        }

        while (candidates-- > 0)
        {
            var one = DrawOne(weights, -1);
            var other = candidates > 0 ? DrawOne(weights, one) : one;
            var taken = Members[other].Load(now) < Members[one].Load(now) ? other : one;
            if (Members[taken].Breaker.TryEnter(now, out var ticket))
            {
                return new Admission(Members[taken], ticket);
            }

            weights[taken] = 0;
        }

        return null;
    }

    private int DrawOne(ReadOnlySpan<double> weights, int but)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += i == but ? 0 : weights[i];
        }

        var (at, last) = (choice.NextDouble() * sum, -1);
        for (var i = 0; i < weights.Length; i++)
        {
            if (i != but && weights[i] > 0)
            {
                last = i;
                at -= weights[i];
                if (at < 0)
                {
                    return i;
                }
            }
        }

        return last;
    }
}
