namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="Observed"/>. Numbers never change or return.</summary>
internal static class ObservedFields
{
    public static void WriteOpen(Observed fact, FieldWriter writer)
    {
        writer.Text(8, fact.Event);
        writer.Id(9, fact.Item);
        writer.Text(10, fact.Surface);
        writer.Signed(11, (long?)fact.Rank);
        writer.Signed(12, fact.ValueMicros);
        writer.Text(13, fact.Unit);
        writer.Flag(14, fact.Attested);
        writer.Text(15, fact.Slot);
        writer.Flag(16, fact.Unvouched);
        writer.Flag(17, fact.Withheld);
    }

    public static void WriteSealed(Observed fact, FieldWriter writer)
    {
        writer.Id(1, fact.User);
        writer.Id(2, fact.Session);
        writer.Text(3, fact.Segment);
        PackedContext.Write(writer, 4, fact.Context);
    }

    public static Observed Read(FactHead head, FieldReader open, FieldReader part, UnknownCollector unknown)
    {
        string @event = "", item = "";
        string? surface = null, slot = null, unit = null, user = null, session = null, segment = null;
        int? rank = null;
        long? value = null;
        bool attested = false, unvouched = false, withheld = false;
        var context = FactContext.None;
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: @event = open.Word(); break;
                case 9: item = open.FrequentId(); break;
                case 10: surface = open.Word(); break;
                case 11: rank = open.Int(); break;
                case 12: value = open.Signed(); break;
                case 13: unit = open.Word(); break;
                case 14: attested = open.Flag(); break;
                case 15: slot = open.Word(); break;
                case 16: unvouched = open.Flag(); break;
                case 17: withheld = open.Flag(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        while (part.Next())
        {
            switch (part.Number)
            {
                case 1: user = part.Id(); break;
                case 2: session = part.Id(); break;
                case 3: segment = part.Word(); break;
                case 4: context = PackedContext.Read(part.Bytes()); break;
                default: unknown.Sealed(part.Raw); break;
            }
        }

        return new Observed
        {
            Id = head.Id,
            Tenant = head.Tenant,
            Time = head.Time,
            Received = head.Received,
            Erased = head.Erased,
            Unknown = unknown.Fields,
            Event = @event,
            Item = item,
            Decision = head.Decision,
            Surface = surface,
            Rank = rank,
            Slot = slot,
            ValueMicros = value,
            Unit = unit,
            Attested = attested,
            Unvouched = unvouched,
            Withheld = withheld,
            User = user,
            Session = session,
            Segment = segment,
            Context = context,
        };
    }
}
