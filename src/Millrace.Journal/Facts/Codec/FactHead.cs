namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// The fields that every fact has, first in the open part. The decision stands here too, so that an index can be rebuilt without knowing the type.
/// </summary>
internal readonly record struct FactHead(string Id, string Tenant, UnixMicros Time, string? Decision)
{
    /// <summary>When the journal took it; from the record around.</summary>
    public UnixMicros Received { get; init; }

    /// <summary>Whether its sealed part is there and cannot be read.</summary>
    public bool Erased { get; init; }

    /// <summary>Fields of the types begin after this number; the gap is room for the head to grow.</summary>
    public const int LastField = 7;

    internal const int IdField = 1;
    internal const int TenantField = 2;
    internal const int TimeField = 3;
    internal const int DecisionField = 4;
    internal const string DefaultTenant = "default";

    public static void Write(Fact fact, FieldWriter writer)
    {
        writer.Id(IdField, fact.Id);
        writer.Id(TenantField, fact.Tenant == DefaultTenant ? null : fact.Tenant);
        writer.Signed(TimeField, fact.Time.Value);
        writer.Id(DecisionField, fact is Decided ? null : fact.DecisionKey); // A decision's own id is its key.
    }

    public static FactHead Read(FieldReader open, ref UnknownCollector unknown)
    {
        string id = "", tenant = DefaultTenant;
        string? decision = null;
        var time = default(UnixMicros);
        while (open.Next())
        {
            switch (open.Number)
            {
                case IdField:
                    id = open.Id();
                    break;
                case TenantField:
                    tenant = open.FrequentId();
                    break;
                case TimeField:
                    time = new UnixMicros(open.Signed());
                    break;
                case DecisionField:
                    decision = open.Id();
                    break;
                case <= LastField:
                    unknown.Open(open.Raw);
                    break;
                default:
                    break;
            }
        }

        return new FactHead(id, tenant, time, decision);
    }
}
