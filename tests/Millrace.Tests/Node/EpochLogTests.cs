using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Tests.Node;

/// <summary>A number of an epoch is given once: decisions name a cut and a time by it.</summary>
public sealed class EpochLogTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public async Task The_last_epoch_is_found_though_a_read_brings_but_a_few_facts(int most)
    {
        await using var memory = new MemoryJournal(new FakeTimeProvider(), new MemoryJournalOptions { Partitions = 3 });
        var log = new EpochLog(new TappedJournal(memory) { Most = most });
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions());
        Assert.Equal(0, await log.LastAsync(TestContext.Current.CancellationToken));
        for (var epoch = 1; epoch <= 50; epoch++)
        {
            await log.RecordAsync(folder.Freeze(new(epoch)), TestContext.Current.CancellationToken);
            Assert.Equal(epoch, await log.LastAsync(TestContext.Current.CancellationToken));
        }
    }
}
