using System.Collections.Immutable;

namespace Millrace.Journal.Facts.Codec;

/// <summary>The fields of <see cref="UserErased"/>. Numbers never change or return.</summary>
internal static class UserErasedFields
{
    public static void WriteOpen(UserErased fact, FieldWriter writer)
    {
        writer.Text(8, fact.Digest);
        PackedTexts.Write(writer, 9, fact.Sessions);
    }

    public static UserErased Read(FactHead head, FieldReader open, ref UnknownCollector unknown)
    {
        var digest = "";
        ImmutableArray<string> sessions = [];
        while (open.Next())
        {
            switch (open.Number)
            {
                case <= FactHead.LastField: break;
                case 8: digest = open.Text(); break;
                case 9: sessions = PackedTexts.Read(open.Bytes()); break;
                default: unknown.Open(open.Raw); break;
            }
        }

        return new UserErased { Id = head.Id, Digest = digest, Sessions = sessions };
    }
}

/// <summary>The fields of <see cref="ConsentChanged"/>, all of them sealed. Numbers never change or return.</summary>
internal static class ConsentChangedFields
{
    public static void WriteSealed(ConsentChanged fact, FieldWriter writer)
    {
        writer.Id(1, fact.User);
        writer.Signed(2, Number(fact.Personalise));
        writer.Signed(3, Number(fact.Learn));
    }

    public static ConsentChanged Read(FactHead head, FieldReader open, FieldReader part, ref UnknownCollector unknown)
    {
        string? user = null;
        bool? personalise = null, learn = null;
        while (open.Next())
        {
            if (open.Number > FactHead.LastField)
            {
                unknown.Open(open.Raw);
            }
        }

        while (part.Next())
        {
            switch (part.Number)
            {
                case 1: user = part.Id(); break;
                case 2: personalise = part.Signed() != 0; break;
                case 3: learn = part.Signed() != 0; break;
                default: unknown.Sealed(part.Raw); break;
            }
        }

        return new ConsentChanged { Id = head.Id, User = user, Personalise = personalise, Learn = learn };
    }

    private static long? Number(bool? value) => value is { } given ? (given ? 1 : 0) : null;
}
