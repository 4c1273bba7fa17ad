using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="PolicyChanged"/>. Numbers never change or return.</summary>
internal static class PolicyChangedFields
{
    public static void WriteOpen(PolicyChanged fact, FieldWriter writer)
    {
        writer.Text(8, fact.Policy);
        writer.Signed(9, fact.Version);
        writer.Text(10, fact.Definition);
    }

    public static PolicyChanged Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        string policy = "", definition = "";
        var version = 0;
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: policy = open.Text(); break;
                case 9: version = open.Int(); break;
                case 10: definition = open.Text(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new PolicyChanged { Id = head.Id, Policy = policy, Version = version, Definition = definition };
    }
}

/// <summary>The fields of <see cref="EpochFrozen"/>. Numbers never change or return.</summary>
internal static class EpochFrozenFields
{
    private const int LeastPositionBytes = 3;

    public static void WriteOpen(EpochFrozen fact, FieldWriter writer)
    {
        writer.Signed(8, fact.Epoch);
        writer.Signed(9, fact.Until.Value);
        writer.Text(11, fact.Definitions);
        if (fact.Cut.IsDefaultOrEmpty)
        {
            return;
        }

        var start = writer.Begin(10);
        writer.Varint((ulong)fact.Cut.Length);
        foreach (var position in fact.Cut)
        {
            writer.Varint((ulong)position.Stream);
            writer.Varint((ulong)position.Partition);
            writer.Varint((ulong)position.Offset);
        }

        writer.End(start);
    }

    public static EpochFrozen Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        long epoch = 0;
        var until = default(UnixMicros);
        ImmutableArray<Position> cut = [];
        string? definitions = null;
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: epoch = open.Signed(); break;
                case 9: until = new UnixMicros(open.Signed()); break;
                case 10: cut = Cut(open.Bytes()); break;
                case 11: definitions = open.Text(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new EpochFrozen { Id = head.Id, Epoch = epoch, Until = until, Cut = cut, Definitions = definitions };
    }

    private static ImmutableArray<Position> Cut(ByteCursor cursor)
    {
        var cut = new Position[cursor.Count(LeastPositionBytes)];
        for (var i = 0; i < cut.Length; i++)
        {
            cut[i] = new Position((JournalStream)(int)cursor.Varint(), (int)cursor.Varint(), (long)cursor.Varint());
        }

        return [.. cut];
    }
}

/// <summary>The fields of <see cref="Purged"/>. Numbers never change or return.</summary>
internal static class PurgedFields
{
    public static void WriteOpen(Purged fact, FieldWriter writer)
    {
        PackedTexts.Write(writer, 8, fact.Urls);
        PackedTexts.Write(writer, 9, fact.Keys);
        writer.Text(10, fact.Route);
        PackedTexts.Write(writer, 11, fact.Prefixes ?? []);
        writer.Flag(12, fact.Soft);
    }

    public static Purged Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        ImmutableArray<string> urls = [], keys = [];
        ImmutableArray<string>? prefixes = null;
        string? route = null;
        var soft = false;
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: urls = PackedTexts.Read(open.Bytes()); break;
                case 9: keys = PackedTexts.Read(open.Bytes()); break;
                case 10: route = open.Text(); break;
                case 11: prefixes = PackedTexts.Read(open.Bytes()); break;
                case 12: soft = open.Flag(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new Purged { Id = head.Id, Urls = urls, Keys = keys, Route = route, Prefixes = prefixes, Soft = soft };
    }
}

/// <summary>The fields of <see cref="PriorFitted"/>. Numbers never change or return.</summary>
internal static class PriorFittedFields
{
    private const int LeastCellBytes = 8 + 1 + 4 + 1;

    public static void WriteOpen(PriorFitted fact, FieldWriter writer)
    {
        writer.Text(8, fact.State);
        writer.Signed(9, fact.Version);
        writer.Signed(10, fact.AlphaMicros);
        writer.Signed(11, fact.BetaMicros);
        writer.Signed(12, fact.ItemWorthMicros);
        writer.Signed(13, fact.HereWorthMicros);
        writer.Signed(15, fact.LeftOut);
        if (fact.Cells.IsDefaultOrEmpty)
        {
            return;
        }

        var start = writer.Begin(14);
        writer.Varint((ulong)fact.Cells.Length);
        foreach (var cell in fact.Cells)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(writer.Take(sizeof(ulong)), cell.Context);
            writer.Varint((ulong)cell.Level);
            BinaryPrimitives.WriteUInt32LittleEndian(writer.Take(sizeof(uint)), cell.Group);
            writer.Varint((ulong)cell.FactorMicros);
        }

        writer.End(start);
    }

    public static PriorFitted Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        var state = "";
        int version = 0, leftOut = 0;
        long alpha = 0, beta = 0, item = 0, here = 0;
        ImmutableArray<PriorCell> cells = [];
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: state = open.Text(); break;
                case 9: version = open.Int(); break;
                case 10: alpha = open.Signed(); break;
                case 11: beta = open.Signed(); break;
                case 12: item = open.Signed(); break;
                case 13: here = open.Signed(); break;
                case 14: cells = Cells(open.Bytes()); break;
                case 15: leftOut = open.Int(); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new PriorFitted
        {
            Id = head.Id, State = state, Version = version, AlphaMicros = alpha, BetaMicros = beta, ItemWorthMicros = item, HereWorthMicros = here, Cells = cells, LeftOut = leftOut,
        };
    }

    private static ImmutableArray<PriorCell> Cells(ByteCursor cursor)
    {
        var cells = new PriorCell[cursor.Count(LeastCellBytes)];
        for (var i = 0; i < cells.Length; i++)
        {
            var context = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Take(sizeof(ulong)));
            var level = (int)cursor.Varint();
            var group = BinaryPrimitives.ReadUInt32LittleEndian(cursor.Take(sizeof(uint)));
            cells[i] = new PriorCell(context, level, group, (long)cursor.Varint());
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(cells);
    }
}
