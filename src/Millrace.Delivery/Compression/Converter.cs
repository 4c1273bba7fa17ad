using System.Threading.Channels;

namespace Millrace.Delivery.Compression;

/// <summary>
/// Makes conversions behind the requests that would have liked them, one at a time: no hit waits for a coder, and coding takes one processor at most.
/// What was made is kept within a bound; when it is full the oldest leaves that was not asked for since it was looked at (FIFO with one bit).
/// </summary>
internal sealed class Converter : IDisposable
{
    private readonly CompressionOptions _options;
    private readonly BodyCoder _coder;
    private readonly Channel<Order> _orders;
    private readonly Queue<Kept> _kept = new();
    private readonly Task _running;
    private readonly ConversionMeters _meters;
    private long _keptBytes;
    private long _made;
    private long _dropped;

    public Converter(CompressionOptions options)
    {
        options.Validate();
        _options = options;
        _coder = new BodyCoder(options);
        _orders = Channel.CreateBounded<Order>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
        _running = RunAsync();
        _meters = new ConversionMeters(this);
    }

    public CompressionOptions Options => _options;

    /// <summary>Memory of what is kept.</summary>
    public long KeptBytes => Interlocked.Read(ref _keptBytes);

    /// <summary>Conversions made.</summary>
    public long Made => Interlocked.Read(ref _made);

    /// <summary>How often QueueLength was hit.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The conversion if it has been made; else has it made, for whoever asks later.</summary>
    /// <param name="slots">The body's conversions.</param>
    /// <param name="body">The body, complete and plain.</param>
    /// <param name="to">The coding that is wanted.</param>
    public Conversion? FindOrOrder(ConversionSlots slots, ReadOnlyMemory<byte>[] body, ContentCoding to)
    {
        if (slots.Find(to) is { } made)
        {
            return made;
        }

        if (slots.TryClaim(to) && !_orders.Writer.TryWrite(new Order(slots, body, to)))
        {
            slots.Clear(to);
            Interlocked.Increment(ref _dropped);
        }

        return null;
    }

    /// <summary>
    /// The body without its coding, for one who cannot read it as it is held: made now, by one request at a time, and kept like any other conversion, so that
    /// many such readers cost one decoding and one copy. Null when it is broken or too long.
    /// </summary>
    public Conversion? FindOrDecode(ConversionSlots slots, ReadOnlyMemory<byte>[] body) => slots.Find(ContentCoding.Identity) ?? Decode(slots, body);

    /// <summary>Ends once all that was ordered has been made and <see cref="Dispose"/> was called.</summary>
    public Task Ended => _running;

    public void Dispose()
    {
        _meters.Dispose();
        _orders.Writer.TryComplete();
    }

    private Conversion? Decode(ConversionSlots slots, ReadOnlyMemory<byte>[] body)
    {
        var plain = slots.FindOrDecode(() => _coder.Decode(body, slots.Coding) is { } pieces ? new Conversion(pieces) : null, out var isNew);
        if (isNew && !_orders.Writer.TryWrite(new Order(slots, [], ContentCoding.Identity) { Made = plain }))
        {
            // Not counted, so not kept: the slot is free for the next.
            slots.Clear(ContentCoding.Identity);
            Interlocked.Increment(ref _dropped);
        }

        return plain;
    }

    private async Task RunAsync()
    {
        while (await _orders.Reader.WaitToReadAsync())
        {
            while (_orders.Reader.TryRead(out var order))
            {
                if (order.Made is { } made)
                {
                    Keep(order, made);
                }
                else
                {
                    TryMake(order);
                }
            }
        }
    }

    private void TryMake(in Order order)
    {
        try
        {
            Make(order);
        }
#pragma warning disable CA1031 // The one loop that makes conversions: a coder's fault costs this one, whose slot stays claimed, and not all that come after.
        catch (Exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private void Make(in Order order)
    {
        if (_coder.Encode(order.Body, order.To) is not { } pieces)
        {
            // The slot stays claimed: it would come out the same again.
            return;
        }

        Conversion conversion = new(pieces);
        order.Slots.Fill(order.To, conversion);
        Keep(order, conversion);
    }

    private void Keep(in Order order, Conversion conversion)
    {
        _kept.Enqueue(new Kept(new WeakReference<ConversionSlots>(order.Slots), order.To, conversion.Length));
        Interlocked.Add(ref _keptBytes, conversion.Length);
        Interlocked.Increment(ref _made);
        MakeRoom();
    }

    private void MakeRoom()
    {
        while (KeptBytes > _options.KeptBytes && _kept.TryDequeue(out var oldest))
        {
            if (oldest.Slots.TryGetTarget(out var slots) && slots.Find(oldest.Coding, asks: false) is { Asked: true } asked)
            {
                asked.Asked = false;
                _kept.Enqueue(oldest);
                continue;
            }

            // The body may have gone, and its conversions with it; their room is counted until here.
            slots?.Clear(oldest.Coding);
            Interlocked.Add(ref _keptBytes, -oldest.Bytes);
        }
    }

    /// <summary>A conversion to make, or one that is made already and is to be kept.</summary>
    private readonly record struct Order(ConversionSlots Slots, ReadOnlyMemory<byte>[] Body, ContentCoding To)
    {
        public Conversion? Made { get; init; }
    }

    private readonly record struct Kept(WeakReference<ConversionSlots> Slots, ContentCoding Coding, long Bytes);
}
