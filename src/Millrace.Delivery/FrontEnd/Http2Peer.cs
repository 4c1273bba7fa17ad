using System.Net;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Who is at the other end of a connection.</summary>
/// <param name="IsSecure">Whether it speaks TLS.</param>
/// <param name="Client">Its address, or null when unknown.</param>
internal sealed record Http2Peer(bool IsSecure, string? Client)
{
    public static string? Address(EndPoint? client) =>
        client is IPEndPoint { Address: var address } ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

    /// <summary>Says in a request who sent it.</summary>
    public void Introduce(DeliveryRequest request) => (request.IsSecure, request.Client, request.Protocol) = (IsSecure, Client, RequestProtocol.Http2);
}
