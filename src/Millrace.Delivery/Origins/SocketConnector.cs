using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Opens sockets: every address of a name is tried, the next one beginning when the one before has failed or been silent for a while (RFC 8305), and the
/// first that connects wins. TLS is spoken under the endpoint's own name, whatever Host a request names: an origin is known by its route.
/// </summary>
internal sealed class SocketConnector(AddressBook addresses, TimeSpan attemptDelay, TimeProvider time) : IConnector
{
    /// <summary>Addresses tried at most: a name with a hundred must not cost a hundred connects.</summary>
    private const int MaxAddresses = 8;

    public async ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken)
    {
        var found = await addresses.OfAsync(endpoint.Host, cancellationToken);
        var socket = await ConnectAnyAsync([.. found.Take(MaxAddresses)], endpoint.Port, cancellationToken);
        return endpoint.Secure ? await SecureAsync(socket, endpoint.Host, cancellationToken) : new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<Socket> ConnectAnyAsync(IPAddress[] found, int port, CancellationToken cancellationToken)
    {
        if (found.Length == 1)
        {
            return await ConnectOneAsync(found[0], port, cancellationToken);
        }

        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Socket>> tries = [];
        Exception? last = null;
        var next = 0;
        while (next < found.Length || tries.Count > 0)
        {
            if (next < found.Length)
            {
                tries.Add(ConnectOneAsync(found[next++], port, race.Token));
            }

            var ended = await FirstAsync(tries, mayWait: next < found.Length, cancellationToken);
            if (ended is null)
            {
                continue;
            }

            tries.Remove(ended);
            if (ended.IsCompletedSuccessfully)
            {
                race.Cancel();
                tries.ForEach(Discard);
                return await ended;
            }

            last = ended.Exception?.InnerException;
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw last as OriginException ?? new OriginException(OriginFault.Refused, last);
    }

    /// <summary>The try that ends first, or null when it is time to begin another beside them.</summary>
    private async Task<Task<Socket>?> FirstAsync(List<Task<Socket>> tries, bool mayWait, CancellationToken cancellationToken)
    {
        var first = Task.WhenAny(tries);
        if (!mayWait || first.IsCompleted)
        {
            return await first;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(attemptDelay, time, enough.Token);
        var ended = await Task.WhenAny(first, delay);
        enough.Cancel();
        return ended == first ? await first : null;
    }

    /// <summary>A try that lost: its socket, should it still come, is closed, and its fault is seen.</summary>
    private static void Discard(Task<Socket> lost) => lost.ContinueWith(
        static task =>
        {
            if (task.IsCompletedSuccessfully)
            {
                task.Result.Dispose();
            }

            _ = task.Exception;
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private static async Task<Socket> ConnectOneAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new OriginException(OriginFault.Refused, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> SecureAsync(Socket socket, string host, CancellationToken cancellationToken)
    {
        OriginTlsStream tls = new(socket);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = [SslApplicationProtocol.Http11] }, cancellationToken);
            return tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync();
            throw new OriginException(OriginFault.Tls, e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
