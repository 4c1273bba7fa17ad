using System.Text.Json.Nodes;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Journal;

public sealed class UnixMicrosTests
{
    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000000Z")]
    [InlineData(253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z")]
    [InlineData(253_402_300_800_000_000, "253402300800000000 µs")]
    [InlineData(-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z")]
    [InlineData(long.MinValue, "-9223372036854775808 µs")]
    [InlineData(long.MaxValue, "9223372036854775807 µs")]
    public void Any_time_that_a_fact_may_hold_can_be_written(long value, string text)
    {
        var time = new UnixMicros(value);
        Assert.Equal(text, time.ToString());
        var line = FactJson.Write(new ItemChanged { Id = "f", Item = "a", Expires = time });
        Assert.Equal(text, (string?)JsonNode.Parse(line)!["expires"]);
    }
}
