using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Tests.Features.PointInTime;

public sealed class CandidateReaderTests
{
    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10)),
        new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3)) { Span = 3, Symmetric = true, Depth = 3 },
    ]);

    [Fact]
    public async Task An_item_that_stands_twice_has_the_same_values_both_times()
    {
        await using var history = new ServedHistory(Set);
        for (var i = 0; i < 900; i++)
        {
            var (first, second) = Philox.Draw(5, 1, (ulong)i);
            await history.TakeAsync(new ServedHistory.Step(Philox.ToIndex(first, 9), Philox.ToIndex(StableHash.Mix(first), ServedHistory.Items), Philox.ToIndex(second, 6), 0, 150));
        }

        await history.EndAsync();
        var twice = new Twice();
        await new PointInTimeWalk(history.Journal, Set, new WalkOptions { From = history.From, To = new UnixMicros(long.MaxValue / 2), Horizon = TimeSpan.FromDays(9) }).RunAsync(twice, TestContext.Current.CancellationToken);
        Assert.InRange(twice.Paired, 10, int.MaxValue);
    }

    private sealed class Twice : IMomentVisitor
    {
        private static readonly string[] Once = [.. Enumerable.Range(0, ServedHistory.Items).Select(i => $"i{i}"), "stranger"];

        private readonly CandidateReader _reader = new(Set, Set.Names);

        /// <summary>Values of pairs that are not zero.</summary>
        internal int Paired { get; private set; }

        public ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
        {
            var once = _reader.Read(moment, Once).ToArray();
            var twice = _reader.Read(moment, [.. Once, .. Once]).ToArray();
            Assert.Equal([.. once, .. once], twice);
            Paired += once.Where((value, cell) => cell % Set.Definitions.Length == Set.IndexOf("next") && value > 0).Count();
            return ValueTask.CompletedTask;
        }
    }
}
