namespace Millrace.Delivery;

/// <summary>Told of every response that ended. Implementations return at once, may drop, and never throw.</summary>
public interface IDeliverySink
{
    /// <summary>Called once per request, on its own thread, after the response ended or was cut.</summary>
    void Delivered(in DeliveryRecord record);
}
