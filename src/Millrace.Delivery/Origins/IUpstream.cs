namespace Millrace.Delivery.Origins;

/// <summary>Where a route's requests go: a group of origins, or a tier of shields before one.</summary>
internal interface IUpstream
{
    /// <summary>Sends a request and returns when a response's head is here.</summary>
    /// <exception cref="OriginException">No usable head came from anybody.</exception>
    /// <exception cref="Requests.RequestBodyException">The client's body failed.</exception>
    ValueTask<OriginResponse> SendAsync(OriginCall call, CancellationToken cancellationToken);
}
