namespace Millrace.Delivery.Origins;

/// <summary>
/// Asks a group's members for a response: one chosen by its board, another when that one fails and the budget allows, and a second beside it when it is
/// slow and hedging is on.
/// </summary>
internal sealed class OriginGroup : IUpstream, IDisposable
{
    /// <summary>How often the delay of hedges is worked out anew.</summary>
    private static readonly TimeSpan HedgeUpdate = TimeSpan.FromSeconds(1);

    private readonly OriginGroupOptions _options;
    private readonly OriginWatch _watch;
    private readonly TimeProvider _time;
    private readonly HealthProber? _prober;
    private readonly TokenBudget _retries;
    private readonly TokenBudget? _hedges;
    private readonly LatencyHistogram _latency = new();
    private long _hedgeUpdates = long.MinValue;
    private long _hedgeDelay;
    private long _hedgesWon;

    public OriginGroup(OriginGroupOptions options, MemberBoard board, HealthProber? prober, OriginWatch watch, TimeProvider time)
    {
        (_options, Board, _prober, _watch, _time) = (options, board, prober, watch, time);
        _retries = new TokenBudget(options.Retry.Share, options.Retry.Burst);
        _hedges = options.Hedge is { } hedge ? new TokenBudget(hedge.Share, hedge.Burst) : null;
        foreach (var member in board.Members)
        {
            member.Server.BodyFailed = (fault, ticket) => board.BodyFailed(new Admission(member, ticket), fault);
        }
    }

    public MemberBoard Board { get; }

    public OriginGroupStats Stats => new()
    {
        Name = _options.Name,
        Members = [.. Board.Members.Select(member => member.Stats(_watch.Now))],
        Ejections = Board.Ejections,
        Retries = _retries.Taken,
        RetriesRefused = _retries.Refused,
        Hedges = _hedges?.Taken ?? 0,
        HedgesWon = Interlocked.Read(ref _hedgesWon),
        HedgesRefused = _hedges?.Refused ?? 0,
    };

    public async ValueTask<OriginResponse> SendAsync(OriginCall call, CancellationToken cancellationToken)
    {
        if (_options.Timeout is { } timeout)
        {
            call = call with { Deadline = Math.Min(call.Deadline, _watch.After(timeout)) };
        }

        _retries.Deposit();
        _hedges?.Deposit();
        var member = Board.Pick() ?? throw new OriginException(OriginFault.CircuitOpen);
        for (var retries = 0; ; retries++)
        {
            Admission? next;
            try
            {
                var response = await (retries == 0 ? HedgedAsync(member, call, cancellationToken) : TryAsync(member, call, cancellationToken));
                if (!IsGatewayFailure(response.Status) || (next = Next(member.Member, call, OriginFault.None, retries)) is null)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (OriginException e)
            {
                if ((next = Next(member.Member, call, e.Fault, retries)) is null)
                {
                    throw;
                }
            }

            member = next.Value;
        }
    }

    public void Dispose() => _prober?.Dispose();

    /// <summary>Statuses that speak of the server rather than of the request, so that another may do better.</summary>
    private static bool IsGatewayFailure(int status) => status is 502 or 503 or 504;

    /// <summary>Faults before a byte of the request has left.</summary>
    private static bool IsBeforeSending(OriginFault fault) =>
        fault is OriginFault.Unresolved or OriginFault.Refused or OriginFault.ConnectTimeout or OriginFault.Tls or OriginFault.QueueFull or OriginFault.QueueTimeout;

    /// <summary>Whom to ask after a failure, if the request may be sent again, time is left, somebody is there, and the budget allows it.</summary>
    private Admission? Next(MemberState failed, in OriginCall call, OriginFault fault, int retries)
    {
        if (retries >= _options.Retry.Max || !(call.IsSafe || IsBeforeSending(fault)) || call.Deadline <= _watch.Now)
        {
            return null;
        }

        // The same server again only if it has just refused the connection: it may be starting anew.
        var next = Board.Pick(failed, mayRepeat: fault == OriginFault.Refused && call.IsSafe);
        if (next is { } unused && !_retries.TryTake())
        {
            unused.Member.Abandoned(unused.Ticket, _watch.Now);
            return null;
        }

        return next;
    }

    private async ValueTask<OriginResponse> TryAsync(Admission member, OriginCall call, CancellationToken cancellationToken)
    {
        var began = _watch.Now;
        try
        {
            var response = await member.Member.Server.SendAsync(call with { Ticket = member.Ticket }, cancellationToken);
            var took = _watch.Between(began, _watch.Now);
            _latency.Record(took);
            Board.Ended(member, OriginFault.None, response.Status, took);
            return response;
        }
        catch (OriginException e)
        {
            Board.Ended(member, e.Fault, 0, _watch.Between(began, _watch.Now));
            throw;
        }
        catch
        {
            member.Member.Abandoned(member.Ticket, _watch.Now);
            throw;
        }
    }

    /// <summary>Asks a second member when the first is slower than nearly all are, and takes the head that comes first.</summary>
    private ValueTask<OriginResponse> HedgedAsync(Admission member, OriginCall call, CancellationToken cancellationToken) =>
        _hedges is not null && call.IsSafe && Board.Members.Length > 1 ? HedgeAsync(member, call, cancellationToken) : TryAsync(member, call, cancellationToken);

    private async ValueTask<OriginResponse> HedgeAsync(Admission member, OriginCall call, CancellationToken cancellationToken)
    {
        using var firstLoses = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var secondLoses = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = TryAsync(member, call, firstLoses.Token).AsTask();
        if (await IsEarlyAsync(first, cancellationToken) || Board.Pick(member.Member) is not { } other)
        {
            return await first;
        }

        if (!_hedges!.TryTake())
        {
            other.Member.Abandoned(other.Ticket, _watch.Now);
            return await first;
        }

        var second = TryAsync(other, call with { Interim = null }, secondLoses.Token).AsTask();
        var winner = await Task.WhenAny(first, second);
        if (!IsGood(winner))
        {
            // A failure that comes first wins nothing, unless the other fails too.
            var slower = winner == first ? second : first;
            await Task.WhenAny(slower);
            winner = IsGood(slower) ? slower : winner;
        }

        var loser = winner == first ? second : first;
        (winner == first ? secondLoses : firstLoses).Cancel();
        await DiscardAsync(loser);
        Interlocked.Add(ref _hedgesWon, winner == second && IsGood(second) ? 1 : 0);
        return await winner;
    }

    /// <summary>Whether a try ends before a hedge is due.</summary>
    private async ValueTask<bool> IsEarlyAsync(Task first, CancellationToken cancellationToken)
    {
        if (first.IsCompleted)
        {
            return true;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(HedgeDelay(), _time, enough.Token);
        var ended = await Task.WhenAny(first, delay);
        enough.Cancel();
        return ended == first || cancellationToken.IsCancellationRequested;
    }

    private TimeSpan HedgeDelay()
    {
        var now = _watch.Now;
        if (now >= Volatile.Read(ref _hedgeUpdates))
        {
            var first = Volatile.Read(ref _hedgeUpdates) == long.MinValue;
            Volatile.Write(ref _hedgeUpdates, _watch.After(now, HedgeUpdate));
            Volatile.Write(ref _hedgeDelay, Math.Max(_options.Hedge!.MinDelay.Ticks, _latency.Quantile(_options.Hedge.Quantile).Ticks));
            if (!first && _latency.Count > _options.Ejection.MinRequests)
            {
                _latency.Turn();
            }
        }

        return TimeSpan.FromTicks(Volatile.Read(ref _hedgeDelay));
    }

    private static bool IsGood(Task<OriginResponse> task) => task.IsCompletedSuccessfully && !IsGatewayFailure(task.Result.Status);

    /// <summary>Waits until a cancelled try has ended, and leaves what it may still have brought.</summary>
    private static async ValueTask DiscardAsync(Task<OriginResponse> loser)
    {
        await Task.WhenAny(loser);
        if (loser.IsCompletedSuccessfully)
        {
            loser.Result.Dispose();
        }

        _ = loser.Exception;
    }
}
