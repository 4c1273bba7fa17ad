using CsCheck;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

public sealed class FactCodecTests : IDisposable
{
    private static readonly Gen<string> Id = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 1, 40], Gen.Guid.Select(g => g.ToString()), Gen.Guid.Select(g => g.ToString().ToUpperInvariant()),
        Gen.ULong.Select(u => u.ToString(System.Globalization.CultureInfo.InvariantCulture)), Gen.Int[0, 99].Select(i => $"00{i}"), Gen.Const("ü-é"));

    private readonly MemorySubjectKeys _keys = new();
    private readonly FactCodec _codec;

    public FactCodecTests() => _codec = new FactCodec(_keys);

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void An_event_comes_back_as_it_was()
    {
        var gen = Gen.Select(Id, Id, Id.Null(), Gen.Int.Nullable(), Gen.Long.Nullable(), Gen.Bool, Id.Null(), Gen.Long).Select(
            (id, item, user, rank, value, attested, decision, time) => new Observed
            {
                Id = id,
                Event = "click",
                Item = item,
                User = user,
                Session = user is null ? null : id,
                Rank = rank,
                ValueMicros = value,
                Attested = attested,
                Slot = attested ? item : null,
                Unvouched = !attested && rank is null,
                Decision = decision,
                Time = new UnixMicros(time),
            });
        gen.Sample(fact => Assert.Equal(fact, RoundTrip(fact)), iter: 2000);
    }

    [Fact]
    public void A_slate_comes_back_bit_for_bit()
    {
        var item = Gen.Select(Id, Gen.Double, Gen.Int[0, 3].Select(i => new[] { 0.0025, 1, double.NaN, 0.1 }[i]), Gen.Bool, Gen.Bool, Gen.UInt)
            .Select((id, score, propensity, explored, explorable, sources) => new DecidedItem(id, score, propensity, explored, explorable, sources));
        item.Array[0, 120].Sample(
            items =>
            {
                var fact = new Decided { Id = "d", Surface = "s", Policy = "p@1", Slots = [new DecidedSlot("main", [.. items])] };
                Assert.Equal(items, ((Decided)RoundTrip(fact)).Slots[0].Items.ToArray());
            },
            iter: 500);
    }

    [Fact]
    public void What_a_first_phase_left_out_comes_back_in_its_order() => Id.Array[0, 50].Sample(
        leftOut =>
        {
            var fact = new Decided { Id = "d", Surface = "s", Policy = "p@1", Inputs = new DecisionInputs { Request = "{}", LeftOut = [.. leftOut] } };
            Assert.Equal(leftOut, ((Decided)RoundTrip(fact)).Inputs!.LeftOut.ToArray());
        },
        iter: 200);

    [Fact]
    public void A_matrix_comes_back_bit_for_bit_whatever_its_columns_hold()
    {
        var column = Gen.OneOf(Gen.Single, Gen.Int[0, 3].Select(i => new[] { 0f, -0f, float.NaN, 0.1f }[i]), Gen.Int[0, 1 << 25].Select(i => (float)i));
        Gen.Select(Gen.Int[0, 300], Gen.Int[0, 6]).SelectMany((rows, columns) => column.Array[rows * columns].Select(m => (rows, columns, m))).Sample(
            t =>
            {
                var writer = new FieldWriter();
                PackedMatrix.Write(writer, t.m, t.rows, t.columns);
                var cursor = new ByteCursor(writer.Written);
                var read = PackedMatrix.Read(ref cursor);
                Assert.Equal(t.m.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
            },
            iter: 300);
    }

    [Fact]
    public void Fields_of_a_later_release_survive_in_both_parts()
    {
        var later = new FieldWriter();
        later.Text(900, "new");
        later.Fixed64(901, 7);
        later.Id(902, "0190e5a1-7c1b-7def-8000-0123456789ab");
        var unknown = new UnknownFields(later.Written.ToArray(), later.Written[..6].ToArray());
        var ofNobody = unknown with { WasPlain = true };
        foreach (var fact in new Fact[]
        {
            new Observed { Id = "e", Event = "click", Item = "i", User = "ada", Unknown = unknown },
            new Decided { Id = "d", Surface = "s", Policy = "p", Unknown = ofNobody },
            new Purged { Id = "p", Route = "r", Unknown = ofNobody },
        })
        {
            var read = RoundTrip(fact);
            Assert.Equal(unknown, read.Unknown);
            Assert.Equal(unknown, RoundTrip(read).Unknown);
        }
    }

    [Fact]
    public void Unknown_fields_that_were_sealed_are_never_written_back_plain()
    {
        // As a later release would: a purge that names a person, sealed with the person's key.
        var person = new FieldWriter();
        person.Text(900, "a-very-particular-name");
        var sealedByKey = new FieldWriter();
        _codec.Encode(new Observed { Id = "e", Event = "click", Item = "i", User = "ada", Unknown = new UnknownFields(default, person.Written.ToArray()) }, sealedByKey);
        var read = (Observed)_codec.Decode(sealedByKey.Written, default, JournalStream.Events);
        Assert.False(read.Unknown.WasPlain);
        Assert.Throws<ArgumentException>(() => RoundTrip(new Purged { Id = "p", Route = "r", Unknown = read.Unknown }));
        Assert.Throws<ArgumentException>(() => RoundTrip(read with { User = null, Session = null }));
    }

    [Fact]
    public void A_type_of_a_later_release_is_recognised_as_such()
    {
        var writer = new FieldWriter();
        writer.RawByte(1);
        writer.Varint(4000);
        var open = writer.BeginRaw();
        writer.Id(1, "x");
        writer.Text(50, "y");
        writer.End(open);
        writer.RawByte(0);
        var fact = Assert.IsType<UnrecognisedFact>(_codec.Decode(writer.Written, default, JournalStream.Events));
        Assert.Equal(("x", 4000), (fact.Id, fact.Number));
        Assert.NotEqual(0, fact.Unknown.Open.Length);
    }

    [Fact]
    public void Random_bytes_are_a_fact_or_a_format_error_and_nothing_else()
    {
        Survives([1, 2, 0]); // Ends before the seal.
        Gen.Byte.Array[0, 200].Sample(bytes => Survives(bytes), iter: 20_000);
        var writer = new FieldWriter();
        _codec.Encode(SampleDecision(3), writer);
        var whole = writer.Written.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                var bytes = whole.ToArray();
                bytes[at] = value;
                Survives(bytes);
            },
            iter: 20_000);
    }

    [Fact]
    public void Bytes_read_for_a_fold_are_the_same_event_without_ids_and_are_refused_where_the_event_is()
    {
        var folding = new FactCodec(_keys, forFolding: true);
        var writer = new FieldWriter();
        _codec.Encode(
            new Observed
            {
                Id = "e", Decision = "d", Event = "click", Item = "i7", Surface = "home", Rank = 3, ValueMicros = -5, Unit = "s", Attested = true,
                Context = FactContext.None.Add("country", "de"),
            },
            writer);
        var whole = writer.Written.ToArray();
        Check(whole);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                var bytes = whole.ToArray();
                bytes[at] = value;
                Check(bytes);
            },
            iter: 20_000);

        void Check(byte[] bytes)
        {
            var (read, folded) = (Read(_codec, bytes), Read(folding, bytes));
            if (read is not Observed expected || folded is not Observed got)
            {
                Assert.Equal(read?.GetType(), folded?.GetType());
                return;
            }

            Assert.Equal(expected.Context.AsEnumerable(), got.Context.AsEnumerable());
            Assert.Equal(expected with { Id = "", Decision = expected.Decision is null ? null : "" }, got with { Context = expected.Context });
        }

        static Fact? Read(FactCodec codec, byte[] bytes)
        {
            try
            {
                return codec.Decode(bytes, default, JournalStream.Events);
            }
            catch (FactFormatException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void What_concerns_a_person_is_not_readable_without_the_key_and_reads_as_erased_after_it_is_destroyed()
    {
        var fact = new Observed { Id = "e", Event = "click", Item = "i", User = "a-very-particular-name", Session = "s", Segment = "de", Context = FactContext.None.Add("device", "a-particular-phone") };
        var writer = new FieldWriter();
        Assert.NotEqual(0, _codec.Encode(fact, writer));
        Assert.False(writer.Written.IndexOf("particular"u8) >= 0);
        Assert.Equal(FactJson.Write(fact), FactJson.Write(_codec.Decode(writer.Written, default, JournalStream.Events)));
        _keys.Destroy("default", "a-very-particular-name");
        Assert.Equal(
            fact with { User = null, Session = null, Segment = null, Context = FactContext.None, Erased = true }, _codec.Decode(writer.Written, default, JournalStream.Events));
    }

    [Fact]
    public void A_slim_decision_of_ten_among_200_candidates_takes_at_most_600_bytes_at_the_median()
    {
        var writer = new FieldWriter();
        var sizes = Enumerable.Range(0, 501).Select(i =>
        {
            writer.Clear();
            _codec.Encode(SampleDecision(i), writer);
            return writer.Length;
        }).Order().ToArray();
        Assert.InRange(sizes[250], 1, 600);
    }

    [Fact]
    public void A_slim_decision_with_sixteen_small_attributes_takes_at_most_one_kibibyte()
    {
        var context = FactContext.None.AddRange(Enumerable.Range(0, FactContext.MaxEntries).Select(i => KeyValuePair.Create($"attribute-{i:00}", $"value-{i:00}")));
        var writer = new FieldWriter();
        for (var seed = 0; seed < 500; seed++)
        {
            writer.Clear();
            _codec.Encode(SampleDecision(seed) with { Context = context, UserAhead = [1_000, 20_000] }, writer);
            Assert.InRange(writer.Length, 1, 1024);
        }
    }

    [Fact]
    public void A_context_comes_back_as_it_was_from_decisions_and_events()
    {
        var entry = Gen.Select(Gen.String[0, FactContext.MaxKey], Gen.String[0, FactContext.MaxValue]).Where((key, value) => Valid(key) && Valid(value));
        Gen.Select(entry.Array[0, FactContext.MaxEntries], Gen.Long[0, long.MaxValue].Array[0, 6]).Sample(
            (entries, ahead) =>
            {
                var context = FactContext.None.SetItems(entries.Select(e => KeyValuePair.Create(e.Item1, e.Item2)));
                var decided = (Decided)RoundTrip(new Decided { Id = "d", Surface = "s", Policy = "p@1", User = "ada", Context = context, UserAhead = [.. ahead] });
                Assert.Equal(context, decided.Context);
                Assert.Equal(ahead, decided.UserAhead.ToArray());
                Assert.Equal(context, ((Observed)RoundTrip(new Observed { Id = "e", Event = "click", Item = "i", User = "ada", Context = context })).Context);
            },
            iter: 1000);

        static bool Valid(string text) => text.EnumerateRunes().All(rune => rune.Value != 0xFFFD);
    }

    [Fact]
    public void A_context_beyond_its_bounds_is_refused_by_name()
    {
        var fact = new Observed { Id = "e", Event = "click", Item = "i", User = "ada" };
        foreach (var context in new[]
        {
            FactContext.None.AddRange(Enumerable.Range(0, FactContext.MaxEntries + 1).Select(i => KeyValuePair.Create($"{i}", ""))),
            FactContext.None.Add(new string('k', FactContext.MaxKey + 1), ""),
            FactContext.None.Add("k", new string('v', FactContext.MaxValue + 1)),
        })
        {
            Assert.Contains("Context", Assert.Throws<ArgumentException>(() => FactKeys.Check(fact with { Context = context })).Message, StringComparison.Ordinal);
        }

        FactKeys.Check(fact with { Context = FactContext.None.Add(new string('k', FactContext.MaxKey), new string('v', FactContext.MaxValue)) });
    }

    [Fact]
    public void Consent_is_sealed_whole_and_an_erased_user_has_no_id_in_clear()
    {
        var writer = new FieldWriter();
        Assert.NotEqual(0, _codec.Encode(new ConsentChanged { Id = "c", User = "a-very-particular-name", Personalise = false }, writer));
        Assert.False(writer.Written.IndexOf("particular"u8) >= 0);
        var read = (ConsentChanged)_codec.Decode(writer.Written, default, JournalStream.Events);
        Assert.Equal(("a-very-particular-name", false, null), (read.User, read.Personalise, read.Learn));
        _keys.Destroy("default", "a-very-particular-name");
        read = (ConsentChanged)_codec.Decode(writer.Written, default, JournalStream.Events);
        Assert.Equal((true, null, null), (read.Erased, read.User, read.Personalise));
    }

    private static Decided SampleDecision(int seed)
    {
        var random = new Random(seed);
        string Uuid() => new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256))]).ToString();
        return new Decided
        {
            Id = Uuid(),
            Time = new UnixMicros(1_790_000_000_000_000 + seed),
            Surface = "search-top",
            Policy = "search-top@12",
            Model = "clicks@7",
            Engine = 3,
            Epoch = 1_234_567,
            Seed = (ulong)random.NextInt64(),
            CandidateCount = 200,
            Slots = [new DecidedSlot("main", [.. Enumerable.Range(0, 10).Select(k => new DecidedItem(Uuid(), random.NextDouble(), k % 5 == 4 ? 0.0025 : 1 - random.NextDouble(), k % 5 == 4, true, 6))])],
            User = Uuid(),
            Session = Uuid(),
            Segment = "de/mobile",
        };
    }

    private Fact RoundTrip(Fact fact)
    {
        var writer = new FieldWriter();
        _codec.Encode(fact, writer);
        return _codec.Decode(writer.Written, fact.Received, fact.Stream);
    }

    private void Survives(byte[] bytes)
    {
        try
        {
            Assert.NotNull(_codec.Decode(bytes, default, JournalStream.Events));
        }
        catch (FactFormatException)
        {
            // The other outcome that is allowed.
        }
    }
}
