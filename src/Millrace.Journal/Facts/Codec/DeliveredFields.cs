namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="Delivered"/>, which names nobody. Numbers never change or return.</summary>
internal static class DeliveredFields
{
    public static void WriteOpen(Delivered fact, FieldWriter writer)
    {
        writer.Text(8, fact.Route);
        writer.Id(9, fact.Item);
        writer.Signed(10, (long?)fact.Rank);
        writer.Fixed64(11, fact.ObjectHash);
        writer.Text(12, fact.Outcome);
        writer.Signed(13, fact.Status);
        writer.Signed(14, fact.TimeToFirstByte.Ticks);
        writer.Signed(15, fact.BodyBytes);
        writer.Flag(16, fact.Complete);
    }

    public static Delivered Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        string route = "", outcome = "";
        string? item = null;
        int? rank = null;
        ulong hash = 0;
        var status = 0;
        long ticks = 0, bytes = 0;
        var complete = false;
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: route = open.Text(); break;
                case 9: item = open.Id(); break;
                case 10: rank = open.Int(); break;
                case 11: hash = open.Fixed64(); break;
                case 12: outcome = open.Text(); break;
                case 13: status = open.Int(); break;
                case 14: ticks = open.Signed(); break;
                case 15: bytes = open.Signed(); break;
                case 16: complete = open.Flag(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new Delivered
        {
            Id = head.Id,
            Route = route,
            Decision = head.Decision,
            Item = item,
            Rank = rank,
            ObjectHash = hash,
            Outcome = outcome,
            Status = status,
            TimeToFirstByte = new TimeSpan(ticks),
            BodyBytes = bytes,
            Complete = complete,
        };
    }
}
