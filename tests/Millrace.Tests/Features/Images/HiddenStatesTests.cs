using System.Buffers.Binary;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.Sketches;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.Images;

/// <summary>What is sealed in facts cannot be looked for in a snapshot of items without the secret of its data directory.</summary>
public sealed class HiddenStatesTests : IDisposable
{
    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CrossFeature("by_segment", "click", "segment", TimeSpan.FromHours(1)),
        new CrossFeature("by_login", "click", "context:login", TimeSpan.FromHours(1)),
        new CrossFeature("by_surface", "click", "surface", TimeSpan.FromHours(1)),
        new DistinctFeature("people", "click", TimeSpan.FromHours(1)),
    ]);

    private readonly MemorySubjectKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void A_hash_of_what_is_sealed_is_not_found_in_a_snapshot()
    {
        var (body, open) = (Resealed.Body(Written(Folded([7]))), Resealed.Body(Written(Folded([]))));
        foreach (var value in (string[])["few", "ada@example.org"])
        {
            Assert.True(Holds(open, ItemHash.Of(value)));
            Assert.False(Holds(body, ItemHash.Of(value)), $"the hash of {value} stands in the open");
        }

        // A surface is the site's own.
        Assert.True(Holds(body, ItemHash.Of("home")));
        Assert.NotEqual(Convert.ToHexString(body), Convert.ToHexString(Resealed.Body(Written(Folded([7])))));
    }

    [Fact]
    public void Only_the_same_secret_opens_a_snapshot_and_no_value_depends_on_it()
    {
        var file = Written(Folded([7]));
        Assert.Equal(FeatureSnapshotFault.Foreign, Assert.Throws<FeatureSnapshotException>(() => Loaded(file, [])).Fault);
        Assert.Equal(FeatureSnapshotFault.Corrupt, Assert.Throws<FeatureSnapshotException>(() => Loaded(file, [8])).Fault);
        var expected = Folded([]).Current.Canonical().ToArray();
        Assert.Contains(expected, line => line.Contains("i×", StringComparison.Ordinal));
        Assert.Equal(expected, Loaded(file, [7]).Current.Canonical());
        Assert.Equal(expected, Folded([8]).Current.Canonical());
    }

    [Fact]
    public void What_is_hidden_here_is_not_taken_in_the_open()
    {
        Assert.Equal(FeatureSnapshotFault.Foreign, Assert.Throws<FeatureSnapshotException>(() => Loaded(Written(Folded([])), [7])).Fault);
    }

    [Fact]
    public void Hidden_parts_of_one_file_cannot_be_exchanged()
    {
        var file = Written(Folded([7]));
        var (body, open) = (Resealed.Body(file), Resealed.Body(Written(Folded([]))));

        // The first byte that differs says that a part is hidden: that of by_login, which by_segment follows.
        var first = body.AsSpan().CommonPrefixLength(open);
        var second = EndOf(body, first);
        var end = EndOf(body, second);
        Assert.Equal((1, 1), (body[first], body[second]));
        byte[] exchanged = [.. body[..first], .. body[second..end], .. body[first..second], .. body[end..]];
        Assert.Equal(FeatureSnapshotFault.Corrupt, Assert.Throws<FeatureSnapshotException>(() => Loaded(Resealed.With(file, exchanged), [7])).Fault);
        Assert.NotNull(Loaded(Resealed.With(file, body), [7]));

        static int EndOf(byte[] body, int flag)
        {
            var reader = new StateReader(body[(flag + 1)..]);
            reader.Raw(new byte[32]);
            int length;
            do
            {
                reader.Raw(new byte[16]);
                length = reader.Bytes(1 << 16).Length;
            }
            while (length > 0);
            return flag + 1 + (int)reader.Offset;
        }
    }

    [Fact]
    public void Neither_a_sketch_nor_whom_it_counts_is_found_in_a_snapshot()
    {
        var set = FeatureSet.Create([new DistinctFeature("people", "click", TimeSpan.FromHours(1))]);
        var (body, open) = (Resealed.Body(Written(Folded([7], set))), Resealed.Body(Written(Folded([], set))));
        var sketch = new HyperLogLog(set.States.OfType<DistinctCountsKey>().Single().Precision);
        sketch.Add(ItemHash.Of("ada"));
        var bytes = new byte[sketch.ByteLength];
        sketch.Write(bytes);
        Assert.True(open.AsSpan().IndexOf(bytes) >= 0);
        Assert.True(body.AsSpan().IndexOf(bytes) < 0);
        foreach (var who in (string[])["ada", "at-home"])
        {
            Assert.False(Holds(body, ItemHash.Of(who)));
            Assert.False(Holds(body, FactKeys.Hash("default", who)));
        }
    }

    [Fact]
    public void Blocks_can_neither_be_cut_off_nor_changed_nor_exchanged()
    {
        var text = new byte[200_000];
        new Random(1).NextBytes(text);
        var bytes = new MemoryStream();
        var writer = new StateWriter(bytes);
        Hidden.Write([1, 2], [3], 4, to => to.Raw(text), writer);
        writer.Flush();
        var hidden = bytes.ToArray();
        Assert.Equal(text, Opened(hidden));
        foreach (var at in Enumerable.Range(0, 40).Select(i => i * hidden.Length / 40))
        {
            var flipped = (byte[])hidden.Clone();
            flipped[at] ^= 1;
            Assert.Throws<InvalidDataException>(() => Opened(flipped));
            Assert.Throws<InvalidDataException>(() => Opened(hidden[..at]));
        }

        const int Block = 16 + 3 + (64 * 1024);
        foreach (var end in Enumerable.Range(0, 4).Select(k => 32 + (k * Block)).Append(hidden.Length - 16 - 1))
        {
            Assert.Throws<InvalidDataException>(() => Opened(hidden[..end]));
        }

        Assert.Throws<InvalidDataException>(() => Opened(hidden, index: 5));
        Assert.Throws<InvalidDataException>(() => Opened([.. hidden[..32], .. hidden[(32 + Block)..(32 + (2 * Block))], .. hidden[32..(32 + Block)], .. hidden[(32 + (2 * Block))..]]));

        byte[] Opened(byte[] from, int index = 4)
        {
            var read = new byte[text.Length];
            Hidden.Read([1, 2], [3], index, new StateReader(from), reader => reader.Raw(read));
            return read;
        }
    }

    private static bool Holds(byte[] body, ulong hash)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hash);
        return body.AsSpan().IndexOf(bytes) >= 0;
    }

    private static FeatureOptions Options(byte[] secret) => new() { SnapshotSecret = secret };

    private FeatureFolder Folded(byte[] secret, FeatureSet? set = null)
    {
        var history = new History();
        var folder = new FeatureFolder(set ?? Set, Options(secret), _keys);
        folder.Apply(history.Put("i"));
        foreach (var subject in (string[])["ada", "at-home"])
        {
            _ = _keys.Read("default", subject, new byte[32]);
        }

        var click = history.Click("i", "at-home");
        folder.Apply(click with
        {
            Fact = (Observed)click.Fact with { User = "ada", Segment = "few", Surface = "home", Context = FactContext.None.Add("login", "ada@example.org") },
        });
        folder.Freeze(history.Now);
        return folder;
    }

    private static byte[] Written(FeatureFolder folder)
    {
        var file = new MemoryStream();
        folder.Image().Write(file);
        return file.ToArray();
    }

    private FeatureFolder Loaded(byte[] file, byte[] secret)
    {
        var folder = new FeatureFolder(Set, Options(secret), _keys);
        folder.Adopt(FolderLoader.Load(new MemoryStream(file), Set, Options(secret), _keys));
        return folder;
    }
}
