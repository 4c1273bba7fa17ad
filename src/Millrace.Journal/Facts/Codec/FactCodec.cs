using System.Buffers;
using System.Runtime.CompilerServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// A fact as bytes: format (1 byte) · type (varint) · length of the open part (varint) · open part · seal (1 byte) · sealed part. The seal is 0 for no
/// sealed part, 1 for one that concerns nobody and stands plain, 2 for key id (varint) · nonce (12) · tag (16) · ciphertext, authenticated together with the open part.
/// Received is not inside: it belongs to the record around. Described in docs/decisions/0002-journal-format.md.
/// </summary>
/// <param name="keys">Open and seal.</param>
/// <param name="forFolding">Whether events are read only to be folded: their own ids and those of their decisions, which no fold looks at, are left out, and equal contexts shared.</param>
/// <param name="wasDestroyed">Whether a key was destroyed; given where what only cannot be opened, for want of the right key, must not pass for erased: such a record is no fact then.</param>
internal sealed class FactCodec(ISubjectKeys keys, bool forFolding = false, Func<long, bool>? wasDestroyed = null)
{
    // A key's id as the longest varint, nonce and tag.
    private const int MostSealBytes = 10 + SubjectSealer.NonceBytes + SubjectSealer.TagBytes;

    // Holds the sealed part of every usual fact but a full decision.
    private const int StackBytes = 512;

    private const byte Format = 1;
    private const byte NotSealed = 0;
    private const byte Plain = 1;
    private const byte Sealed = 2;

    private readonly SubjectSealer _sealer = new(keys);
    private readonly ContextCache? _folded = forFolding ? new ContextCache() : null;

    /// <summary>Writes <paramref name="fact"/> behind what <paramref name="writer"/> holds.</summary>
    /// <returns>The id of the key that sealed it, which must be durable before the fact is acknowledged; 0 for none.</returns>
    /// <exception cref="FactTooLongException">It takes more than <see cref="FactSize.Max"/>.</exception>
    public long Encode(Fact fact, FieldWriter writer)
    {
        var start = writer.Length;
        writer.RawByte(Format);
        writer.Varint((ulong)fact.Type);
        var open = writer.BeginRaw();
        FactHead.Write(fact, writer);
        WriteOpen(fact, writer);
        writer.Raw(fact.Unknown.Open.Span);
        writer.End(open);
        var key = WriteSealed(fact, writer, start);
        if (writer.Length - start > FactSize.Max)
        {
            _sealer.Abandon(key);
            throw new FactTooLongException(fact.Id, writer.Length - start);
        }

        return key;
    }

    /// <summary>How many bytes <see cref="Encode"/> takes at most: those of the fact, and room for the longest seal.</summary>
    public static int Measure(Fact fact)
    {
        var writer = new FieldWriter();
        writer.RawByte(Format);
        writer.Varint((ulong)fact.Type);
        var open = writer.BeginRaw();
        FactHead.Write(fact, writer);
        WriteOpen(fact, writer);
        writer.Raw(fact.Unknown.Open.Span);
        writer.End(open);
        writer.RawByte(NotSealed);
        WriteSealedFields(fact, writer);
        writer.Raw(fact.Unknown.Sealed.Span);
        return writer.Length + (fact.Subject is null ? 0 : MostSealBytes);
    }

    /// <summary>Reads what <see cref="Encode"/> of this release, or of any other, wrote.</summary>
    /// <exception cref="FactFormatException">The bytes are no fact.</exception>
    [SkipLocalsInit]
    public Fact Decode(ReadOnlySpan<byte> bytes, UnixMicros received, JournalStream stream)
    {
        var cursor = new ByteCursor(bytes);
        var front = Front(ref cursor);
        if (cursor.AtEnd)
        {
            throw new FactFormatException("seal: expected 0, 1 or 2, got the end");
        }

        var rented = cursor.Rest.Length <= StackBytes ? null : ArrayPool<byte>.Shared.Rent(cursor.Rest.Length);
        var text = rented is null ? stackalloc byte[StackBytes] : rented;
        try
        {
            var part = OpenSealed(cursor, bytes[..^(cursor.Rest.Length - 1)], text, out var seal, out var erased);
            var unknown = new UnknownCollector(seal == Plain);
            if (front.Type == (int)FactType.Observed)
            {
                return ObservedFields.Read(received, erased, new FieldReader(front.Open), new FieldReader(part), ref unknown, _folded);
            }

            var head = FactHead.Read(new FieldReader(front.Open), ref unknown) with { Received = received, Erased = erased };
            return Read(front.Type, head, new FieldReader(front.Open), new FieldReader(part), ref unknown, stream);
        }
        finally
        {
            // What stood sealed must not stay behind in a pool; the stack's is overwritten by the next call.
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    /// <summary>The keys by which a record is found, of any type and without its subject's key.</summary>
    public static FactHead DecodeHead(ReadOnlySpan<byte> bytes)
    {
        var cursor = new ByteCursor(bytes);
        var unknown = default(UnknownCollector);
        return FactHead.Read(new FieldReader(Front(ref cursor).Open), ref unknown);
    }

    /// <summary>The id of the key that a record is sealed with; 0 for none.</summary>
    public static long DecodeKey(ReadOnlySpan<byte> bytes)
    {
        var cursor = new ByteCursor(bytes);
        Front(ref cursor);
        return cursor.Byte() == Sealed ? KeyId(ref cursor) : 0;
    }

    private static FrontPart Front(ref ByteCursor cursor)
    {
        var format = cursor.Byte();
        if (format != Format)
        {
            throw new FactFormatException($"fact format: expected {Format}, got {format}");
        }

        var type = cursor.Varint();
        return type is > 0 and <= int.MaxValue
            ? new FrontPart((int)type, cursor.Run())
            : throw new FactFormatException($"fact type: expected 1 to {int.MaxValue}, got {type}");
    }

    private long WriteSealed(Fact fact, FieldWriter writer, int start)
    {
        var seal = writer.Length;
        writer.RawByte(NotSealed);
        var subject = fact.Subject;
        if (subject is null && !fact.Unknown.WasPlain && fact.Unknown.Sealed.Length > 0)
        {
            throw new ArgumentException($"fact {fact.Id}: expected a subject, whose key seals the unknown fields that were sealed; got none", nameof(fact));
        }

        var secret = (stackalloc byte[Aes256Gcm.KeyBytes]);
        var key = subject is null ? 0 : _sealer.KeyOf(fact.Tenant, subject, secret);
        var nonce = writer.Length;
        if (key != 0)
        {
            writer.Varint((ulong)key);
            nonce = writer.Length;
            writer.Take(SubjectSealer.NonceBytes + SubjectSealer.TagBytes);
        }

        var text = writer.Length;
        WriteSealedFields(fact, writer);
        writer.Raw(fact.Unknown.Sealed.Span);
        if (writer.Length == text)
        {
            _sealer.Abandon(key);
            writer.Truncate(seal + 1);
            return 0;
        }

        var whole = writer.WrittenFrom(0);
        whole[seal] = key == 0 ? Plain : Sealed;
        var tag = nonce + SubjectSealer.NonceBytes;
        if (key != 0)
        {
            SubjectSealer.Seal(secret, whole[nonce..tag], whole[text..], whole[tag..text], whole[start..(seal + 1)]);
        }

        return key;
    }

    /// <param name="cursor">Stands at the seal.</param>
    /// <param name="open">All that stands before the seal, and the seal: what is authenticated.</param>
    /// <param name="text">Takes what stood sealed; of the rest's length.</param>
    /// <param name="seal">Which seal it is.</param>
    /// <param name="erased">Whether there is a sealed part that nobody can read any more.</param>
    private ReadOnlySpan<byte> OpenSealed(ByteCursor cursor, ReadOnlySpan<byte> open, Span<byte> text, out byte seal, out bool erased)
    {
        erased = false;
        seal = cursor.Byte();
        switch (seal)
        {
            case NotSealed:
                return [];
            case Plain:
                return cursor.Rest;
            case Sealed:
                break;
            default:
                throw new FactFormatException($"seal: expected 0, 1 or 2, got {seal}");
        }

        var key = KeyId(ref cursor);
        var nonce = cursor.Take(SubjectSealer.NonceBytes);
        var tag = cursor.Take(SubjectSealer.TagBytes);
        text = text[..cursor.Rest.Length];
        erased = !_sealer.Open(key, nonce, cursor.Rest, tag, open, text);
        if (erased && wasDestroyed?.Invoke(key) == false)
        {
            throw new FactFormatException($"it is sealed with key {key}, which these keys do not open and did not destroy: they are others, an older copy, or damaged");
        }

        return erased ? [] : text;
    }

    private static long KeyId(ref ByteCursor cursor) => (long)(cursor.Varint() & long.MaxValue);

    private static void WriteOpen(Fact fact, FieldWriter writer)
    {
        switch (fact)
        {
            case Observed observed: ObservedFields.WriteOpen(observed, writer); break;
            case Decided decided: DecidedFields.WriteOpen(decided, writer); break;
            case Delivered delivered: DeliveredFields.WriteOpen(delivered, writer); break;
            case ItemChanged item: ItemChangedFields.WriteOpen(item, writer); break;
            case PolicyChanged policy: PolicyChangedFields.WriteOpen(policy, writer); break;
            case Purged purged: PurgedFields.WriteOpen(purged, writer); break;
            case EpochFrozen epoch: EpochFrozenFields.WriteOpen(epoch, writer); break;
            case UserErased erased: UserErasedFields.WriteOpen(erased, writer); break;
            case PriorFitted prior: PriorFittedFields.WriteOpen(prior, writer); break;
            case ConsentChanged: break;
            default: throw new ArgumentException($"fact {fact.Id}: expected a type with a stored form, got {fact.GetType().Name}", nameof(fact));
        }
    }

    private static void WriteSealedFields(Fact fact, FieldWriter writer)
    {
        switch (fact)
        {
            case Observed observed: ObservedFields.WriteSealed(observed, writer); break;
            case Decided decided: DecidedFields.WriteSealed(decided, writer); break;
            case ConsentChanged consent: ConsentChangedFields.WriteSealed(consent, writer); break;
            default: break;
        }
    }

    private static Fact Read(int type, FactHead head, FieldReader open, FieldReader part, ref UnknownCollector unknown, JournalStream stream)
    {
        switch ((FactType)type)
        {
            // As an event, it is made whole at once: a copy would take as much again.
            case FactType.Decided: return DecidedFields.Read(head, open, part, ref unknown);
            case FactType.ConsentChanged: return Complete(ConsentChangedFields.Read(head, open, part, ref unknown), head, unknown);
        }

        // The types below have no sealed part yet; what a later release put there is kept.
        while (part.Next())
        {
            unknown.Sealed(part.Raw);
        }

        return Complete(OpenOnly(type, head, open, ref unknown, stream), head, unknown);
    }

    private static Fact OpenOnly(int type, FactHead head, FieldReader open, ref UnknownCollector unknown, JournalStream stream) =>
        (FactType)type switch
        {
            FactType.Delivered => DeliveredFields.Read(head, open, ref unknown),
            FactType.ItemChanged => ItemChangedFields.Read(head, open, ref unknown),
            FactType.PolicyChanged => PolicyChangedFields.Read(head, open, ref unknown),
            FactType.Purged => PurgedFields.Read(head, open, ref unknown),
            FactType.EpochFrozen => EpochFrozenFields.Read(head, open, ref unknown),
            FactType.UserErased => UserErasedFields.Read(head, open, ref unknown),
            FactType.PriorFitted => PriorFittedFields.Read(head, open, ref unknown),
            _ => Unrecognised(type, head, open, ref unknown, stream),
        };

    private static Fact Complete(Fact fact, FactHead head, UnknownCollector unknown) =>
        fact with { Tenant = head.Tenant, Time = head.Time, Received = head.Received, Erased = head.Erased, Unknown = unknown.Fields };

    private static UnrecognisedFact Unrecognised(int type, FactHead head, FieldReader open, ref UnknownCollector unknown, JournalStream stream)
    {
        while (open.Next())
        {
            if (open.Number > FactHead.LastField)
            {
                unknown.Open(open.Raw);
            }
        }

        return new UnrecognisedFact(type, stream) { Id = head.Id };
    }

    private readonly ref struct FrontPart(int type, ReadOnlySpan<byte> open)
    {
        public int Type { get; } = type;

        public ReadOnlySpan<byte> Open { get; } = open;
    }
}
