using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// A connection that speaks HTTP/2 (RFC 9113): reads frames, has the requests in them answered, and ends in good order where the client lets it. What was
/// read together is answered together, on the thread that read it.
/// </summary>
internal sealed class Http2Connection : IWatched
{
    /// <summary>Reads that are taken in a row before what was gathered leaves: a client that never stops sending would hold up the answers that others wrote.</summary>
    private const int MaxReadsInRow = 8;

    private readonly ConnectionContext _connection;
    private readonly FrontDoorOptions _options;
    private readonly DeliveryCore _core;
    private readonly ConnectionWatch _watch;
    private readonly PipeReader _input;
    private readonly Socket? _socket;
    private readonly ConnectionOutput _wire;
    private readonly PeerClock _clock;
    private readonly Http2Output _output;
    private readonly Http2Inflow _inflow;
    private readonly Http2Session _session;
    private readonly Http2FrameReader _frames;
    private readonly Http2Leaving _leaving;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began;
    private long _requests;
    private volatile bool _draining;
    private volatile bool _ended;
    private volatile bool _awaitsAnswers;

    public Http2Connection(ConnectionContext connection, FrontDoorOptions options, DeliveryCore core, ConnectionWatch watch)
    {
        (_connection, _options, _core, _watch, _input, _began) = (connection, options, core, watch, connection.Transport.Input, watch.Now);
        var secure = connection.Features.Get<ITlsHandshakeFeature>() is not null;
        _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        _clock = new PeerClock(options, watch, _socket is null ? null : new PeerProgress(_socket));
        var cleartext = secure ? null : _socket;
        _wire = cleartext is not null ? new SocketOutput(cleartext, _clock) : new PipeOutput(connection.Transport.Output, _clock);
        _output = new Http2Output(new Http2Wire(_wire, cleartext), new PeerClock(options, watch));
        _inflow = new Http2Inflow(_output);
        FrameBudget budget = new(options, watch);
        _session = new Http2Session(options, core, watch, _output, _inflow, budget) { Idle = WakeAtEnd };
        Http2RequestReader requests = new(new Http2Peer(secure, Http2Peer.Address(connection.RemoteEndPoint)), options, core, watch, _inflow, _session);
        _leaving = new Http2Leaving(_output, _session, watch);
        _frames = new Http2FrameReader(options, requests, _session, _output, _inflow, budget) { Pinged = _leaving.Conclude };
        _clock.Await(Awaiting.Head);
    }

    /// <summary>Whether we have said which streams are the last, and those have ended.</summary>
    private bool IsOver => (_leaving.IsTold || _frames.IsLeaving) && _session.InHand == 0;

    /// <summary>Has the connection end when the server drains: when the streams in hand have.</summary>
    public CancellationTokenRegistration FollowDrain() =>
        _connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.Register(static self => ((Http2Connection)self!).Drain(), this) ?? default;

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            var error = await ServeAsync();
            _session.EndAll();
            if (error is not null)
            {
                _leaving.End(error.Value);
            }

            _output.EndGathering();
            await EndAsync(error == Http2Error.EnhanceYourCalm);
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone; what was under way is told of below.
            Cut();
        }
        finally
        {
            await LetGoAsync();
        }
    }

    /// <inheritdoc/>
    public void Look()
    {
        if (_clock.IsDeaf() || _output.IsDeaf)
        {
            _core.Meters.BoundHit(DeliveryReason.SlowClient);
            Cut();
            return;
        }

        if (!_ended && _output.Failed.IsCompleted)
        {
            // Nothing leaves any more: that nothing comes either must not keep the connection.
            Cut();
            return;
        }

        _session.Look();
        if (_clock.IsSilent() || IsUnacknowledged || _leaving.IsDue || (_awaitsAnswers && _session.InHand == 0))
        {
            // Whoever reads decides what the silence means, and begins to count it when the last answer has been given while it read.
            _input.CancelPendingRead();
        }
    }

    private bool IsUnacknowledged => !_frames.IsAcknowledged && _watch.Now - _began > _options.HeadTimeout.TotalMilliseconds;

    /// <summary>Reads frames until the connection ends; returns what is wrong with it, if anything.</summary>
    private async Task<Http2Error?> ServeAsync()
    {
        Greet();
        try
        {
            if (!await ReadPrefaceAsync())
            {
                return Http2Error.Protocol;
            }

            for (var reads = 0; ; reads++)
            {
                if (reads == MaxReadsInRow)
                {
                    reads = 0;
                    _output.EndGathering();
                }

                if (!_input.TryRead(out var read))
                {
                    reads = 0;
                    if (_draining)
                    {
                        _leaving.Begin();
                    }

                    _output.EndGathering();
                    if (IsOver)
                    {
                        return _leaving.IsTold ? null : Http2Error.None;
                    }

                    AwaitClient();
                    read = await _input.ReadAsync();
                }

                _output.BeginGathering();
                if (read.IsCanceled && Judge() is { } end)
                {
                    _input.AdvanceTo(read.Buffer.Start);
                    return end;
                }

                var isWhole = Take(read.Buffer);
                NoteRequests();
                if (!isWhole)
                {
                    _output.EndGathering();
                    await _output.RoomAsync();
                }
                else if (read.IsCompleted)
                {
                    return null;
                }
            }
        }
        catch (Http2Exception fault)
        {
            if (fault.Error == Http2Error.EnhanceYourCalm)
            {
                _core.Meters.BoundHit(DeliveryReason.TooManyFrames);
            }

            return fault.Error;
        }
    }

    /// <summary>Notes what is waited for.</summary>
    private void AwaitClient()
    {
        _awaitsAnswers = _session.InHand > 0;
        if (!_awaitsAnswers)
        {
            _output.BeginIdle();
            _clock.Await(_frames.IsMidHead ? Awaiting.Head : Awaiting.Request);
        }
        else
        {
            _clock.Await(_frames.IsMidHead ? Awaiting.Head : Awaiting.Nothing);
        }
    }

    /// <summary>Takes the frames that have come; false when the client must take answers first.</summary>
    private bool Take(in ReadOnlySequence<byte> received)
    {
        var taken = received.End;
        var isWhole = true;
        try
        {
            isWhole = _frames.Take(received, out taken);
            return isWhole;
        }
        finally
        {
            // Behind a fault, nothing that has come means anything.
            _input.AdvanceTo(taken, isWhole ? received.End : taken);
        }
    }

    /// <summary>Begins to count the client's time anew where requests have come, and to leave where they were the last.</summary>
    private void NoteRequests()
    {
        if (_session.RequestCount == _requests)
        {
            return;
        }

        _requests = _session.RequestCount;
        if (_output.IsSending)
        {
            _clock.Await(Awaiting.Nothing);
        }
        else
        {
            _clock.BeginRequest();
        }

        if (_requests >= _options.MaxRequestsPerConnection)
        {
            _leaving.Begin();
        }
    }

    /// <summary>Says our settings.</summary>
    private void Greet()
    {
        Span<byte> settings = stackalloc byte[3 * PeerSettings.EntryBytes];
        PeerSettings.Put(settings, PeerSettings.MaxConcurrentStreams, _options.MaxStreams);
        PeerSettings.Put(settings[PeerSettings.EntryBytes..], PeerSettings.InitialWindowSize, Http2Inflow.StreamWindow);
        PeerSettings.Put(settings[(2 * PeerSettings.EntryBytes)..], PeerSettings.MaxHeaderListSize, _options.MaxHeadBytes);
        _output.Put(FrameType.Settings, FrameFlags.None, 0, settings);
        _inflow.Begin();
    }

    private async ValueTask<bool> ReadPrefaceAsync()
    {
        _output.Flush();
        while (true)
        {
            var read = await _input.ReadAsync();
            var whole = Http2Preface.Begins(read.Buffer);
            if (whole == true)
            {
                _input.AdvanceTo(read.Buffer.GetPosition(Http2Preface.Bytes));
                return true;
            }

            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (whole == false || read.IsCompleted || (read.IsCanceled && _clock.IsSilent()))
            {
                return false;
            }
        }
    }

    /// <summary>Says what it means that reading was broken off; null: nothing.</summary>
    private Http2Error? Judge()
    {
        if (_leaving.IsDue)
        {
            _leaving.Conclude();
        }

        if (IsUnacknowledged)
        {
            _core.Meters.BoundHit(DeliveryReason.SlowClient);
            return Http2Error.SettingsTimeout;
        }

        if (!_clock.IsSilent())
        {
            return null;
        }

        if (_frames.IsMidHead)
        {
            _core.Meters.BoundHit(DeliveryReason.SlowClient);
            return Http2Error.Protocol;
        }

        return Http2Error.None;
    }

    private void Drain()
    {
        _draining = true;
        _input.CancelPendingRead();
    }

    /// <summary>No request is in hand any more; where that was the last one, the reader need not wait for more.</summary>
    private void WakeAtEnd()
    {
        if (_ended)
        {
            _idle.TrySetResult();
        }
        else if (_leaving.IsTold || _frames.IsLeaving)
        {
            _input.CancelPendingRead();
        }
    }

    /// <summary>Sends what there is, ends our side, and gives the client a moment to end its own, unless it is hostile.</summary>
    private async Task EndAsync(bool isHostile)
    {
        if (isHostile)
        {
            Cut();
            return;
        }

        await _output.RoomAsync(below: 0);
        if (_wire is not SocketOutput)
        {
            return;
        }

        await Lingering.EndAsync(_socket!, _input, _clock);
    }

    private async Task LetGoAsync()
    {
        _ended = true;
        _output.Fail(new IOException("The connection has ended."));
        if (!_output.Failed.IsCompleted)
        {
            // Somebody sends: it ends with the socket, and has the wire until then.
            Cut();
            await _output.Failed;
        }

        _session.EndAll();
        if (_session.InHand > 0)
        {
            await _idle.Task;
        }

        _frames.Clear();
        (_wire as IDisposable)?.Dispose();
    }

    /// <summary>Ends the connection by a reset: what was sent so far must not pass for the whole.</summary>
    private void Cut()
    {
        _socket?.Close(0);
        _connection.Abort(new ConnectionAbortedException("The connection was cut."));
    }
}
