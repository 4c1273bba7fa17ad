namespace Millrace.Delivery;

/// <summary>The wire words of the closed sets.</summary>
public static class DeliveryWords
{
    private static readonly string[] Outcomes = WordsOf<DeliveryOutcome>();
    private static readonly string[] Reasons = WordsOf<DeliveryReason>();

    /// <summary>hit, miss, stale, revalidated, bypass, collapsed, error.</summary>
    public static string Wire(this DeliveryOutcome outcome) => Outcomes[(int)outcome];

    /// <summary>The reason in camelCase, as in <c>detail=</c> and <c>urn:millrace:</c>.</summary>
    public static string Wire(this DeliveryReason reason) => Reasons[(int)reason];

    private static string[] WordsOf<T>()
        where T : struct, Enum => Array.ConvertAll(Enum.GetNames<T>(), static name => char.ToLowerInvariant(name[0]) + name[1..]);
}
