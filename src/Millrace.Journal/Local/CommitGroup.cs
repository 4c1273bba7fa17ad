using System.Buffers;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The facts that one sync makes durable together, framed and ready to be written behind a mark. Producers fill one under the partition's lock while the
/// writer has the other.
/// </summary>
internal sealed class CommitGroup
{
    private byte[] _bytes = new byte[1 << 16];
    private int _length = Frame.MarkBytes;
    private TaskCompletionSource _done = NewSource();

    public List<SegmentPoint> Facts { get; } = [];

    public List<(ulong Hash, long Offset)> Keys { get; } = [];

    public long SubjectKey { get; private set; }

    /// <summary>Completes when the facts are durable, or fails.</summary>
    public Task Done => _done.Task;

    public bool IsEmpty => Facts.Count == 0;

    public int Length => _length;

    public void Add(in EncodedFact fact, ReadOnlySpan<byte> content, long offset, long received)
    {
        var bytes = Frame.HeadBytes + content.Length;
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        }

        var frame = _bytes.AsSpan(_length, bytes);
        content.CopyTo(frame[Frame.HeadBytes..]);
        Frame.WriteFact(frame, offset, received);
        Facts.Add(new SegmentPoint(offset, received, _length));
        Keys.Add((fact.IdHash, offset));
        if (fact.DecisionHash != 0)
        {
            Keys.Add((fact.DecisionHash, offset));
        }

        SubjectKey = Math.Max(SubjectKey, fact.SubjectKey);
        _length += bytes;
    }

    /// <summary>The group with its mark in front.</summary>
    public ReadOnlySpan<byte> Finish(long durable)
    {
        Frame.WriteMark(_bytes, FrameKind.Mark, Facts[0].Offset, durable, Facts[0].Received);
        return _bytes.AsSpan(0, _length);
    }

    public void Succeed() => _done.TrySetResult();

    public void Fail(Exception fault)
    {
        _done.TrySetException(fault);
        _ = _done.Task.Exception; // Seen: a group may have nobody left who waits.
    }

    public void Reset()
    {
        const int Roomy = 4 << 20;
        if (_bytes.Length > Roomy)
        {
            _bytes = new byte[1 << 16];
        }

        _length = Frame.MarkBytes;
        _done = NewSource();
        Facts.Clear();
        Keys.Clear();
        SubjectKey = 0;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A fact encoded on its producer's thread: where it stands in the <see cref="FieldWriter"/>, and what the partition must know of it.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Received">Stated by the caller, µs; 0 to be stamped.</param>
/// <param name="IdHash">Of its id.</param>
/// <param name="DecisionHash">Of its decision; 0 when there is none other than the id.</param>
/// <param name="SubjectKey">The key that sealed it; 0 for none.</param>
internal readonly record struct EncodedFact(int Start, int Length, long Received, ulong IdHash, ulong DecisionHash, long SubjectKey);
