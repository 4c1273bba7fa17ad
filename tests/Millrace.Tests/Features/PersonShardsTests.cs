using Millrace.Features.Definitions;
using Millrace.Features.Local;

namespace Millrace.Tests.Features;

public sealed class PersonShardsTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_cut_is_read_beside_a_writer_that_never_rests_and_cuts_have_an_order()
    {
        const int Partitions = 64;
        const int Reads = 20_000;
        var cancellation = TestContext.Current.CancellationToken;
        var shards = new PersonShards(FeatureSet.Create([]).Persons, Partitions, TimeSpan.FromMinutes(30), 1);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writing = Alone(() =>
        {
            for (var offset = 1L; !done.IsCancellationRequested; offset++)
            {
                for (var partition = 0; partition < Partitions; partition++)
                {
                    shards.MoveTo(partition, offset);
                }
            }

            return 0;
        });
        var readers = Enumerable.Range(0, 2).Select(_ => Alone(Cuts)).ToArray();
        var cuts = await Task.WhenAll(readers);
        await done.CancelAsync();
        await writing;

        // The writer goes round: of one moment, earlier partitions are one ahead of later ones at most.
        Assert.All(cuts.SelectMany(cut => cut), cut => Assert.True(cut.IsRound, $"{cut.First} to {cut.Last}"));
        Assert.All(cuts.SelectMany(cut => cut), cut => Assert.InRange(cut.Passes, 2, 16));

        List<(long First, long Last, bool IsRound, int Passes)> Cuts()
        {
            var (found, cut) = (new List<(long First, long Last, bool IsRound, int Passes)>(), new long[Partitions]);
            for (var i = 0; i < Reads && !cancellation.IsCancellationRequested; i++)
            {
                var passes = shards.ReadFolded(cut);
                found.Add((cut[0], cut[^1], cut[0] - cut[^1] <= 1 && cut.Zip(cut.Skip(1)).All(next => next.First >= next.Second), passes));
            }

            return found;
        }

        Task<T> Alone<T>(Func<T> work) => Task.Factory.StartNew(work, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
