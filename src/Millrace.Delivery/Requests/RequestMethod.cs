namespace Millrace.Delivery.Requests;

/// <summary>Methods whose meaning the plane knows; names stand in <see cref="MethodNames"/>.</summary>
internal enum RequestMethod : byte
{
    /// <summary>Any other token, kept as it came.</summary>
    Other,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Patch,
    Trace,
    Connect,
    Query,
    PropFind,
    Report,
    Search,
}
