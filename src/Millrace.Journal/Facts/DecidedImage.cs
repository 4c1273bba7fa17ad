using Millrace.Journal.Facts.Codec;

namespace Millrace.Journal.Facts;

/// <summary>
/// A slim decision as bytes that stay in memory: the fields of its record, with nothing sealed, so that no key is asked. Hundreds of bytes in one piece, where the objects
/// are some thirty that a collector would look at again and again. Not safe for several threads.
/// </summary>
public sealed class DecidedImage
{
    private readonly FieldWriter _writer = new();

    /// <summary>The decision's bytes, until the next call.</summary>
    /// <param name="decision">Without <see cref="Decided.Inputs"/>, which are left out.</param>
    public ReadOnlySpan<byte> Write(Decided decision)
    {
        _writer.Clear();
        _writer.Varint((ulong)decision.Received.Value);
        int open = _writer.BeginRaw();
        FactHead.Write(decision, _writer);
        DecidedFields.WriteOpen(decision, _writer);
        _writer.End(open);
        DecidedFields.WriteSealed(decision.Inputs is null ? decision : decision with { Inputs = null }, _writer);
        return _writer.Written;
    }

    /// <summary>The decision that <see cref="Write"/> wrote.</summary>
    public static Decided Read(ReadOnlySpan<byte> bytes)
    {
        var cursor = new ByteCursor(bytes);
        var received = new UnixMicros((long)cursor.Varint());
        ReadOnlySpan<byte> open = cursor.Run();
        var unknown = default(UnknownCollector);
        FactHead head = FactHead.Read(new FieldReader(open), ref unknown) with { Received = received };
        return DecidedFields.Read(head, new FieldReader(open), new FieldReader(cursor.Rest), ref unknown);
    }
}
