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

    /// <summary>Reads head and fields in one pass: these are most of all facts.</summary>
    /// <param name="received">When the journal took it.</param>
    /// <param name="erased">Whether its sealed part is there and cannot be read.</param>
    /// <param name="open">The open part.</param>
    /// <param name="part">The sealed part.</param>
    /// <param name="unknown">Takes what is not known here.</param>
    /// <param name="folded">Contexts that were met before, where it is read only to be folded; else null.</param>
    public static Observed Read(UnixMicros received, bool erased, FieldReader open, FieldReader part, ref UnknownCollector unknown, ContextCache? folded)
    {
        string id = "", tenant = FactHead.DefaultTenant, @event = "", item = "";
        var time = default(UnixMicros);
        string? decision = null, surface = null, slot = null, unit = null, user = null, session = null, segment = null;
        int? rank = null;
        long? value = null;
        bool attested = false, unvouched = false, withheld = false;
        var context = FactContext.None;
        while (open.Next())
        {
            switch (open.Number)
            {
                case FactHead.IdField: id = folded is null ? open.Id() : open.PassId(); break;
                case FactHead.TenantField: tenant = open.FrequentId(); break;
                case FactHead.TimeField: time = new UnixMicros(open.Signed()); break;
                case FactHead.DecisionField: decision = folded is null ? open.Id() : open.PassId(); break;
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
                case 4: context = folded is null ? PackedContext.Read(part.Bytes()) : folded.Read(part.Bytes()); break;
                default: unknown.Sealed(part.Raw); break;
            }
        }

        return new Observed
        {
            Id = id,
            Tenant = tenant,
            Time = time,
            Received = received,
            Erased = erased,
            Unknown = unknown.Fields,
            Event = @event,
            Item = item,
            Decision = decision,
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
