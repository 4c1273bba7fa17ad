using System.Diagnostics.Metrics;

namespace Millrace.Delivery.Compression;

/// <summary>Compression's part of the meter "Millrace.Delivery".</summary>
internal sealed class ConversionMeters : IDisposable
{
    private readonly Meter _meter = new("Millrace.Delivery");

    public ConversionMeters(Converter converter)
    {
        _meter.CreateObservableCounter("millrace.delivery.conversions", () => converter.Made, "{object}", "Objects put into another coding.");
        _meter.CreateObservableGauge("millrace.delivery.conversion_bytes", () => converter.KeptBytes, "By", "Memory of conversions.");
        _meter.CreateObservableCounter("millrace.delivery.conversions_dropped", () => converter.Dropped, "{object}", "Conversions that were not ordered, because too many waited.");
    }

    public void Dispose() => _meter.Dispose();
}
