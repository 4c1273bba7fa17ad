namespace Millrace.Delivery.Routes;

/// <summary>A set of routes was refused; every fault is listed.</summary>
public sealed class RouteTableException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>One sentence per fault, each beginning with the position and pattern of its route.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
