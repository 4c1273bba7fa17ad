namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// The fields that every fact has, first in the open part. The decision stands here too, so that an index can be rebuilt without knowing the type.
/// </summary>
internal readonly record struct FactHead(string Id, string Tenant, UnixMicros Time, string? Decision)
{
    /// <summary>Fields of the types begin after this number; the gap is room for the head to grow.</summary>
    public const int LastField = 7;

    private const int IdField = 1;
    private const int TenantField = 2;
    private const int TimeField = 3;
    private const int DecisionField = 4;
    private const string DefaultTenant = "default";

    public static void Write(Fact fact, FieldWriter writer)
    {
        writer.Id(IdField, fact.Id);
        writer.Id(TenantField, fact.Tenant == DefaultTenant ? null : fact.Tenant);
        writer.Signed(TimeField, fact.Time.Value);
        writer.Id(DecisionField, fact is Decided ? null : fact.DecisionKey); // A decision's own id is its key.
    }

    public static FactHead Read(FieldReader open, UnknownCollector? unknown)
    {
        var head = new FactHead("", DefaultTenant, default, null);
        while (open.Next())
        {
            switch (open.Number)
            {
                case IdField:
                    head = head with { Id = open.Id() };
                    break;
                case TenantField:
                    head = head with { Tenant = open.Id() };
                    break;
                case TimeField:
                    head = head with { Time = new UnixMicros(open.Signed()) };
                    break;
                case DecisionField:
                    head = head with { Decision = open.Id() };
                    break;
                case <= LastField:
                    unknown?.Open(open.Raw);
                    break;
                default:
                    break;
            }
        }

        return head;
    }
}
