namespace Millrace.Delivery.Origins;

/// <summary>Whose pace a response is read at.</summary>
internal enum OriginPace
{
    /// <summary>Ours: it goes into the store as fast as it comes.</summary>
    Fill,

    /// <summary>A client's, who may be slow.</summary>
    Pass,
}
