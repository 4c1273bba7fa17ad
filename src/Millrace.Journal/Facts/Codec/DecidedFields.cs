using System.Collections.Immutable;

namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="Decided"/>. Numbers never change or return.</summary>
internal static class DecidedFields
{
    private const string Online = "online";

    public static void WriteOpen(Decided fact, FieldWriter writer)
    {
        writer.Text(8, fact.Surface);
        writer.Text(9, fact.Policy);
        writer.Text(10, fact.Model);
        writer.Signed(11, fact.Engine);
        writer.Signed(12, fact.Epoch);
        writer.Fixed64(13, fact.Seed);
        writer.Signed(14, fact.Rung);
        writer.Text(15, fact.Mode == Online ? null : fact.Mode);
        PackedTexts.Write(writer, 16, fact.Degraded);
        if (!fact.Slots.IsDefaultOrEmpty)
        {
            var start = writer.Begin(17);
            PackedSlots.Write(writer, fact.Slots);
            writer.End(start);
        }

        writer.Signed(18, fact.CandidateCount);
        writer.Signed(19, (long?)fact.Propensities);
        WriteUserAhead(fact.UserAhead, writer);
        writer.Signed(21, fact.Asked.Value);
        PackedTexts.Write(writer, 22, fact.Relaxed);
    }

    public static void WriteSealed(Decided fact, FieldWriter writer)
    {
        writer.Id(1, fact.User);
        writer.Id(2, fact.Session);
        writer.Text(3, fact.Segment);
        if (fact.Inputs is { } inputs)
        {
            var start = writer.Begin(4);
            PackedInputs.Write(inputs, writer);
            writer.End(start);
        }

        PackedContext.Write(writer, 5, fact.Context);
    }

    public static Decided Read(FactHead head, FieldReader open, FieldReader part, ref UnknownCollector unknown)
    {
        string surface = "", policy = "", mode = Online;
        string? model = null, user = null, session = null, segment = null;
        int engine = 0, rung = 0, candidates = 0;
        long epoch = 0;
        ulong seed = 0;
        ImmutableArray<string> degraded = [], relaxed = [];
        ImmutableArray<DecidedSlot> slots = [];
        PropensityKind? propensities = null;
        DecisionInputs? inputs = null;
        ImmutableArray<long> userAhead = [];
        var context = FactContext.None;
        var asked = default(UnixMicros);
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: surface = open.Word(); break;
                case 9: policy = open.Word(); break;
                case 10: model = open.Word(); break;
                case 11: engine = open.Int(); break;
                case 12: epoch = open.Signed(); break;
                case 13: seed = open.Fixed64(); break;
                case 14: rung = open.Int(); break;
                case 15: mode = open.Word(); break;
                case 16: degraded = PackedTexts.ReadWords(open.Bytes()); break;
                case 17: slots = PackedSlots.Read(open.Bytes()); break;
                case 18: candidates = open.Int(); break;
                case 19: propensities = (PropensityKind)open.Int(); break;
                case 20: userAhead = ReadUserAhead(open.Bytes()); break;
                case 21: asked = new UnixMicros(open.Signed()); break;
                case 22: relaxed = PackedTexts.ReadWords(open.Bytes()); break;
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
                case 4: inputs = PackedInputs.Read(part.Bytes()); break;
                case 5: context = PackedContext.Read(part.Bytes()); break;
                default: unknown.Sealed(part.Raw); break;
            }
        }

        return new Decided
        {
            Id = head.Id,
            Tenant = head.Tenant,
            Time = head.Time,
            Received = head.Received,
            Erased = head.Erased,
            Unknown = unknown.Fields,
            Surface = surface,
            Policy = policy,
            Model = model,
            Engine = engine,
            Epoch = epoch,
            Seed = seed,
            Rung = rung,
            Mode = mode,
            Degraded = degraded,
            Relaxed = relaxed,
            Slots = slots,
            Propensities = propensities,
            Asked = asked,
            CandidateCount = candidates,
            UserAhead = userAhead,
            User = user,
            Session = session,
            Segment = segment,
            Context = context,
            Inputs = inputs,
        };
    }

    private static void WriteUserAhead(ImmutableArray<long> ahead, FieldWriter writer)
    {
        if (ahead.IsDefaultOrEmpty)
        {
            return;
        }

        var start = writer.Begin(20);
        foreach (var facts in ahead)
        {
            writer.Varint((ulong)facts);
        }

        writer.End(start);
    }

    private static ImmutableArray<long> ReadUserAhead(ByteCursor cursor)
    {
        var ahead = ImmutableArray.CreateBuilder<long>();
        while (!cursor.AtEnd)
        {
            ahead.Add((long)cursor.Varint());
        }

        return ahead.ToImmutable();
    }
}
