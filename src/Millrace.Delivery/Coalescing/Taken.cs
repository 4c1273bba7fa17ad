namespace Millrace.Delivery.Coalescing;

/// <summary>What a flight's result was to a request that had boarded it.</summary>
internal enum Taken
{
    /// <summary>It has answered.</summary>
    Answered,

    /// <summary>It failed; the verdict says how.</summary>
    Failed,

    /// <summary>It is not for this request, another flight's may be.</summary>
    NotThis,

    /// <summary>No shared answer will do.</summary>
    GoAlone,
}
