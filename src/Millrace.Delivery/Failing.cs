using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery;

/// <summary>The step that says what went wrong, and the end of what failed on its way.</summary>
internal static class Failing
{
    /// <summary>Says what the verdict names.</summary>
    public static async ValueTask<RequestStep> FailAsync(Exchange exchange, CancellationToken aborted)
    {
        await Problems.WriteAsync(exchange, exchange.FailureStatus, exchange.Verdict.Detail, aborted);
        return RequestStep.Tell;
    }

    /// <summary>Whatever went wrong, the client gets an answer, or a cut where one had begun.</summary>
    public static async ValueTask EndAsync(Exchange exchange, Exception fault, CancellationToken aborted)
    {
        var reason = fault switch
        {
            OriginException origin => origin.Reason,
            SliceException slice => slice.Reason,
            RequestBodyException body => body.Reason,
            _ when aborted.IsCancellationRequested => DeliveryReason.ClientGone,
            IOException when exchange.Started => DeliveryReason.OriginBroken,
            _ => DeliveryReason.Internal,
        };
        if (exchange.Started || reason == DeliveryReason.ClientGone)
        {
            exchange.Cut(reason);
            return;
        }

        try
        {
            exchange.Fail(reason, (fault as RequestBodyException)?.Status);
            await FailAsync(exchange, aborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            exchange.Cut(DeliveryReason.ClientGone);
        }
    }
}
