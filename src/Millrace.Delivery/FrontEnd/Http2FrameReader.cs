using System.Buffers;
using System.Buffers.Binary;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Takes frames out of what a connection receives (RFC 9113 §4, §6) and judges each before anything is done by it. All but DATA are taken whole; DATA goes
/// on as it comes. A header block stays where it lies when it is one frame in one segment.
/// </summary>
internal sealed class Http2FrameReader(FrontDoorOptions options, Http2RequestReader requests, Http2Session session, Http2Output output, Http2Inflow inflow, FrameBudget budget)
{
    /// <summary>Smaller frames of data are counted where they are ignored; larger ones cost their sender what they cost us.</summary>
    private const int TinyData = 1024;

    private Http2HeaderBlock _block;
    private FrameHead _data;
    private int _dataLeft;
    private int _paddingLeft;
    private Http2Stream? _dataStream;
    private bool _hasSettings;

    /// <summary>Whether the client has acknowledged our settings.</summary>
    public bool IsAcknowledged { get; private set; }

    /// <summary>Whether the client has said that it opens no more streams.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Told of the answer to a PING of ours.</summary>
    public Action Pinged { get; set; } = static () => { };

    /// <summary>Whether it waits for the rest of a head, or of what must come before the first one.</summary>
    public bool IsMidHead => !_hasSettings || _block.Stream != 0;

    /// <summary>Takes as many frames as have come, unless the answers to them fill the output: false then. Tells where it stopped.</summary>
    /// <exception cref="Http2Exception">The connection cannot go on.</exception>
    public bool Take(in ReadOnlySequence<byte> received, out SequencePosition taken)
    {
        var rest = received;
        while (!rest.IsEmpty)
        {
            if (output.IsFull)
            {
                taken = rest.Start;
                return false;
            }

            if (_dataLeft + _paddingLeft > 0)
            {
                rest = rest.Slice(TakeData(rest.FirstSpan));
                continue;
            }

            if (rest.Length < FrameHead.Bytes)
            {
                break;
            }

            var head = ReadHead(rest);
            FrameRules.Judge(head, isFirst: !_hasSettings, _block.Stream);
            var needed = head.Type != FrameType.Data ? head.Length : head.Has(FrameFlags.Padded) ? 1 : 0;
            if (rest.Length < FrameHead.Bytes + needed)
            {
                break;
            }

            TakeFrame(head, rest.Slice(FrameHead.Bytes, needed));
            rest = rest.Slice(FrameHead.Bytes + needed);
        }

        taken = rest.Start;
        return true;
    }

    /// <summary>Gives back what it holds.</summary>
    public void Clear() => _block.Clear();

    private static FrameHead ReadHead(in ReadOnlySequence<byte> from)
    {
        if (from.FirstSpan.Length >= FrameHead.Bytes)
        {
            return FrameHead.Read(from.FirstSpan);
        }

        Span<byte> head = stackalloc byte[FrameHead.Bytes];
        from.Slice(0, FrameHead.Bytes).CopyTo(head);
        return FrameHead.Read(head);
    }

    private void TakeFrame(in FrameHead head, in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
        {
            TakeFrame(head, payload.FirstSpan);
            return;
        }

        var whole = ArrayPool<byte>.Shared.Rent(head.Length);
        try
        {
            payload.CopyTo(whole);
            TakeFrame(head, whole.AsSpan(0, head.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private void TakeFrame(in FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.Type != FrameType.WindowUpdate)
        {
            budget.Spend(head);
        }

        switch (head.Type)
        {
            case FrameType.Data:
                BeginData(head, payload.IsEmpty ? 0 : payload[0]);
                break;
            case FrameType.Headers:
                TakeHeaders(head, payload);
                break;
            case FrameType.Continuation:
                _block.Add(payload, 2 * options.MaxHeadBytes);
                if (head.Has(FrameFlags.EndHeaders))
                {
                    EndBlock();
                }

                break;
            case FrameType.ResetStream:
                JudgeOpened(head);
                session.TakeReset(head.Stream);
                break;
            case FrameType.Settings:
                TakeSettings(head, payload);
                break;
            case FrameType.Ping when head.Acknowledges:
                Pinged();
                break;
            case FrameType.Ping:
                output.Put(FrameType.Ping, FrameFlags.EndStream, 0, payload);
                break;
            case FrameType.GoAway:
                IsLeaving = true;
                break;
            case FrameType.WindowUpdate:
                TakeWindow(head, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
        }
    }

    private void TakeHeaders(in FrameHead head, ReadOnlySpan<byte> payload)
    {
        var padding = 0;
        if (head.Has(FrameFlags.Padded))
        {
            padding = payload.IsEmpty ? throw Short() : payload[0];
            payload = payload[1..];
        }

        if (head.Has(FrameFlags.Priority))
        {
            // §5.3: deprecated, and no longer understood by anybody.
            payload = payload.Length < FrameRules.PriorityBytes ? throw Short() : payload[FrameRules.PriorityBytes..];
        }

        payload = padding <= payload.Length ? payload[..^padding] : throw Wrong("There is more padding than payload.");
        if (head.Has(FrameFlags.EndHeaders))
        {
            requests.Take(head.Stream, payload, head.Has(FrameFlags.EndStream));
            return;
        }

        // A block may be twice as long as the fields that it may decode to: so much is read to its end and answered with 431.
        _block.Begin(head.Stream, head.Has(FrameFlags.EndStream));
        _block.Add(payload, 2 * options.MaxHeadBytes);
    }

    private void EndBlock()
    {
        requests.Take(_block.Stream, _block.Bytes, _block.EndsStream);
        _block.Clear();
    }

    private void TakeSettings(in FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.Acknowledges)
        {
            IsAcknowledged = true;
            return;
        }

        session.TakeSettings(payload);
        _hasSettings = true;
        output.Put(FrameType.Settings, FrameFlags.EndStream, 0, default);
    }

    private void TakeWindow(in FrameHead head, int by)
    {
        if (head.Stream != 0)
        {
            JudgeOpened(head);
            budget.SpendUpdate(session.TakeWindow(head.Stream, by) ? by : 0);
            return;
        }

        budget.SpendUpdate(by);
        output.Widen(by > 0 ? by : throw Wrong("A window update is by nothing."));
    }

    private void BeginData(in FrameHead head, int padding)
    {
        inflow.Received(head.Length);
        var isPadded = head.Has(FrameFlags.Padded);
        if (isPadded && (head.Length == 0 || padding >= head.Length))
        {
            throw Wrong("There is more padding than payload.");
        }

        _data = head;
        (_dataLeft, _paddingLeft) = (head.Length - padding - (isPadded ? 1 : 0), padding);
        _dataStream = session.Find(head.Stream, FrameType.Data, isCheap: head.Length < TinyData);
        if (_dataStream is null)
        {
            inflow.Consumed(isPadded ? padding + 1 : 0);
        }
        else if (isPadded && !session.TakeData(_dataStream, default, padding + 1))
        {
            _dataStream = null;
        }

        if (_dataLeft + _paddingLeft == 0)
        {
            EndData();
        }
    }

    /// <summary>Takes what has come of the frame in hand; padding was counted when it began. Returns how much that is.</summary>
    private int TakeData(ReadOnlySpan<byte> received)
    {
        var data = received[..Math.Min(received.Length, _dataLeft)];
        if (data.Length > 0)
        {
            _dataLeft -= data.Length;
            if (_dataStream is null)
            {
                inflow.Consumed(data.Length);
            }
            else if (!session.TakeData(_dataStream, data, 0))
            {
                _dataStream = null;
            }
        }

        var padding = Math.Min(received.Length - data.Length, _paddingLeft);
        _paddingLeft -= padding;
        if (_dataLeft + _paddingLeft == 0)
        {
            EndData();
        }

        return data.Length + padding;
    }

    private void EndData()
    {
        if (_dataStream is { IsReset: false } && _data.Has(FrameFlags.EndStream))
        {
            session.EndBody(_dataStream);
        }

        _dataStream = null;
    }

    private void JudgeOpened(in FrameHead head)
    {
        if (head.Stream > session.LastStream || (head.Stream & 1) == 0)
        {
            // §5.1, idle
            throw Wrong("A frame is for a stream that is idle.");
        }
    }

    private static Http2Exception Wrong(string what) => new(Http2Error.Protocol, what);

    private static Http2Exception Short() => new(Http2Error.FrameSize, "A frame is shorter than its flags say.");
}
