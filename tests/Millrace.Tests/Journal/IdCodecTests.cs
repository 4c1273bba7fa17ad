using CsCheck;
using Millrace.Journal;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Tests.Journal;

public sealed class IdCodecTests
{
    private const string Uuid = "0190e5a1-7c1b-7def-8001-0123456789ab";

    [Theory]
    [InlineData(Uuid, "Uuid")]
    [InlineData("0190E5a1-7c1b-7def-8001-0123456789ab", "Text")]
    [InlineData("0190e5a1-7c1b-7def-8001-0123456789aB", "Text")]
    [InlineData("0190e5a1-7c1b-7def-8001-0123456789ag", "Text")]
    [InlineData("0190e5a1-7c1b-7def-8001_0123456789ab", "Text")]
    [InlineData("0190e5a17-c1b-7def-8001-0123456789ab", "Text")]
    [InlineData("0190e5a1-7c1b-7def-8001-0123456789a\u0130", "Text")]
    [InlineData("0190e5a17c1b7def80010123456789abcdef", "Text")]
    [InlineData("0", "Number")]
    [InlineData("00", "Text")]
    [InlineData("999999999999999999", "Number")]
    [InlineData("1000000000000000000", "Text")]
    [InlineData("", "Text")]
    public void An_id_is_written_in_the_shortest_form_that_gives_it_back(string id, string kind) =>
        Assert.Equal(kind, IdForm.Of(id, out _, new byte[IdForm.UuidBytes]).ToString());

    [Fact]
    public void A_uuid_keeps_the_order_of_its_digits()
    {
        var bytes = new byte[IdForm.UuidBytes];
        IdForm.Of(Uuid, out _, bytes);
        Assert.Equal(Uuid.Replace("-", "", StringComparison.Ordinal), Convert.ToHexStringLower(bytes));
        Assert.Equal(Uuid, IdForm.ToText(bytes));
    }

    [Fact]
    public void Lists_of_any_length_come_back_with_their_repeats()
    {
        var id = Gen.OneOf(Gen.Int[0, 40].Select(i => $"item-{i}"), Gen.Guid.Select(g => g.ToString()), Gen.Int[0, 9].Select(i => $"{i}"), Gen.Const(Uuid));
        id.Array[0, 700].Sample(
            ids =>
            {
                var writer = new FieldWriter();
                PackedIds.Write(writer, ids);
                var cursor = new ByteCursor(writer.Written);
                Assert.Equal(ids, PackedIds.Read(ref cursor));
                Assert.True(cursor.Rest.IsEmpty);
            },
            iter: 200);
    }

    [Fact]
    public void An_index_finds_what_a_list_finds() => Gen.Select(Gen.ULong[0, 300], Gen.Long[0, 1_000_000]).Array[0, 3000].Sample(
        entries =>
        {
            var index = new OffsetIndex();
            index.Add(1, 1);
            index.Clear();
            foreach (var (hash, offset) in entries)
            {
                index.Add(hash * 0x9E3779B97F4A7C15, offset);
            }

            for (var hash = 0UL; hash <= 301; hash++)
            {
                var found = new List<long> { -1 };
                index.Find(hash * 0x9E3779B97F4A7C15, found);
                Assert.Equal([-1, .. entries.Where(e => e.Item1 == hash).Select(e => e.Item2)], found);
            }
        },
        iter: 50);
}
