using System.Buffers;
using System.IO.Pipelines;

namespace Millrace.Delivery.FrontEnd;

/// <summary>A connection's input on its way to HTTP/2, each byte shown to the frame budget once. When that is spent, the input ends.</summary>
/// <param name="input">The connection's input.</param>
/// <param name="seen">Told of bytes as they come; false ends the input.</param>
internal sealed class BudgetedInput(PipeReader input, Func<ReadOnlySequence<byte>, bool> seen) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;
    private long _seen;
    private bool _spent;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Look(await input.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result))
        {
            return false;
        }

        result = Look(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_spent)
        {
            input.AdvanceTo(_buffer.End);
            return;
        }

        _seen -= _buffer.Slice(0, consumed).Length;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private ReadResult Look(ReadResult read)
    {
        _buffer = read.Buffer;
        _spent = _spent || !seen(_buffer.Slice(_seen));
        _seen = _buffer.Length;
        return _spent ? new ReadResult(default, isCanceled: false, isCompleted: true) : read;
    }
}

/// <summary>A connection's two directions.</summary>
internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
