using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>A request's body whose faults are told in the core's terms.</summary>
internal sealed class Http2RequestBody(HttpRequest request) : IRequestBody
{
    public long? Length => request.ContentLength;

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            return await request.Body.ReadAsync(into, cancellationToken);
        }
        catch (BadHttpRequestException fault)
        {
            throw new RequestBodyException(fault.StatusCode, fault);
        }
    }
}
