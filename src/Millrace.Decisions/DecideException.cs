namespace Millrace.Decisions;

/// <summary>A request that cannot be decided, because of what it says; the heirs say why.</summary>
public abstract class DecideException(string message) : Exception(message);

/// <summary>No surface has this name: 404.</summary>
public sealed class UnknownSurfaceException(string surface) : DecideException($"no surface is named '{surface}'")
{
    public string Surface { get; } = surface;
}

/// <summary>The decision id was used within the last ten minutes by a request that said something else: 409.</summary>
public sealed class DecisionConflictException(string decisionId) : DecideException($"decision id '{decisionId}' belongs to another request")
{
    public string DecisionId { get; } = decisionId;
}
