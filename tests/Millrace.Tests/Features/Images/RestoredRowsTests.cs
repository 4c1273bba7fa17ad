using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Local;
using static Millrace.Tests.Features.Images.Imaged;

namespace Millrace.Tests.Features.Images;

/// <summary>Rows of snapshots that no fold leaves so.</summary>
public sealed class RestoredRowsTests
{
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue + 100)]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void First_times_that_no_fold_leaves_are_refused(long newest)
    {
        var (folder, keys) = Clicked();
        using (keys)
        {
            var state = folder.State.States.OfType<FirstTimes>().Single();
            folder.State.Context.Rows.Edit(0).Cells().SetLong(state.Front, newest);
            var file = Written(folder.Image());
            Assert.Equal(FeatureSnapshotFault.Corrupt, Refused(() => FolderLoader.Load(file, Set, Options, keys)));
        }
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue + 100)]
    public void Decayed_sums_of_no_half_life_are_refused(long newest)
    {
        var (folder, keys) = Clicked();
        using (keys)
        {
            folder.State.Context.Rows.Edit(0)[folder.State.States.OfType<DecayedSums>().Single().Offset] = newest;
            var file = Written(folder.Image());
            Assert.Equal(FeatureSnapshotFault.Corrupt, Refused(() => FolderLoader.Load(file, Set, Options, keys)));
        }
    }

    [Fact]
    public void What_is_served_of_decayed_sums_follows_from_the_sums_whatever_stood_beside_them()
    {
        var (folder, keys) = Clicked();
        using (keys)
        {
            var expected = folder.Freeze(default).Canonical().ToArray();
            var front = folder.State.States.OfType<DecayedSums>().Single().Front;
            folder.State.Context.Rows.Edit(0).Cells().SetLong(front, BitConverter.DoubleToInt64Bits(1e9));
            Assert.NotEqual(expected, folder.Freeze(default).Canonical());
            Assert.Equal(expected, Copy(folder, keys).Freeze(default).Canonical());
        }
    }

    [Fact]
    public void Rows_that_lie_otherwise_are_refused()
    {
        var (folder, keys) = Clicked();
        using (keys)
        {
            var file = new MemoryStream();
            SnapshotFile.Write(file, FolderImage.HeadOf(folder.State) with { RowLayout = FeatureSet.RowLayout - 1 }, (_, _) => { });
            Assert.Equal(FeatureSnapshotFault.Definitions, Refused(() => FolderLoader.Load(file, Set, Options, keys)));
        }
    }

    private static (FeatureFolder Folder, MemorySubjectKeys Keys) Clicked()
    {
        var history = new History();
        StoredFact[] facts = [history.Put("a"), history.Click("a"), history.Click("a")];
        var keys = KeysOf(facts);
        var folder = Folded(facts, keys);
        folder.Freeze(history.Now);
        return (folder, keys);
    }
}
