using System.Reflection;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Decisions;

/// <summary>Answers that are kept as bytes are the answers that were given, and go in their order.</summary>
public sealed class DecisionMemoryTests
{
    private static readonly UnixMicros Start = new(1_000_000_000);

    /// <summary>Set by reading: not of a fresh decision. Inputs are never given again.</summary>
    private static readonly string[] NotKept = [nameof(Fact.Unknown), nameof(Fact.Erased), nameof(Decided.Inputs)];

    private static readonly DecidedImage Images = new();

    private static readonly Decided Answer = new()
    {
        Id = "d",
        Tenant = "acme",
        Time = new UnixMicros(12),
        Received = new UnixMicros(13),
        Surface = "home",
        Policy = "home@3",
        Model = "m@1",
        Engine = 7,
        Epoch = 8,
        Seed = 9,
        Rung = 2,
        Mode = "apprentice",
        Degraded = ["timeout"],
        Relaxed = ["policy[0]: 1 of 2"],
        Slots = [new DecidedSlot("main", [new DecidedItem("a", 0.1, 0.25, true, true, 5), new DecidedItem("b", double.NaN, 1, false, false, 64)])],
        Propensities = PropensityKind.Conditional,
        Asked = new UnixMicros(11),
        CandidateCount = 20,
        UserAhead = [3, 0, 4],
        User = "ada",
        Session = "s1",
        Segment = "fr",
        Context = FactContext.None.Add("country", "fr"),
    };

    [Fact]
    public void An_answer_comes_back_with_every_member_that_it_had()
    {
        Decided read = DecidedImage.Read(new DecidedImage().Write(Answer with { Inputs = new DecisionInputs { Request = "{}" } }));
        var blank = new Decided { Id = "", Surface = "", Policy = "" };
        foreach (PropertyInfo member in typeof(Decided).GetProperties().Where(member => member.CanWrite && !NotKept.Contains(member.Name)))
        {
            // One that this answer does not set would come back whether it is kept or not.
            Assert.NotEqual(member.GetValue(blank), member.GetValue(Answer));
            Assert.Equal(member.GetValue(Answer), member.GetValue(read));
        }

        Assert.Null(read.Inputs);
    }

    [Fact]
    public void Pieces_stand_where_they_were_put_until_they_are_dropped() =>
        Gen.Select(Gen.Int[1, AnswerBytes.Longest], Gen.Int[0, 3]).Array[1, 60].Sample(
            steps =>
            {
                var bytes = new AnswerBytes();
                var kept = new Queue<(long At, byte[] Piece)>();
                byte next = 0;
                long last = -1;
                foreach (var (length, drop) in steps)
                {
                    var piece = new byte[length];
                    Array.Fill(piece, ++next);
                    long at = bytes.Add(piece);
                    Assert.True(at > last);
                    last = at;
                    kept.Enqueue((at, piece));
                    for (int i = 0; i < drop && kept.Count > 1; i++) kept.Dequeue();
                    bytes.DropBelow(kept.Peek().At);
                    Assert.All(kept, one => Assert.True(bytes.At(one.At, one.Piece.Length).SequenceEqual(one.Piece)));
                }
            },
            iter: 100);

    [Fact]
    public void The_age_of_an_answer_that_was_forgotten_with_its_person_takes_no_later_one_of_the_same_id_with_it()
    {
        var memory = new DecisionMemory(new DeciderOptions { Remember = TimeSpan.FromMinutes(10) });
        DecideRequest request = DecisionHarness.Ask("d") with { Tenant = "acme" };
        memory.Keep(request, 1, Answer, Images, Start);
        memory.Forget("acme", ["ada"]);
        Assert.Null(memory.Find(request, 1, Start + TimeSpan.FromMinutes(5)));
        Decided later = Answer with { Seed = 10 };
        Assert.Same(later, memory.Keep(request, 1, later, Images, Start + TimeSpan.FromMinutes(5)));
        Assert.Equal(10ul, memory.Find(request, 1, Start + TimeSpan.FromMinutes(11))?.Seed);
        Assert.Null(memory.Find(request, 1, Start + TimeSpan.FromMinutes(16)));
        Assert.Equal(0, memory.Bytes);
        Assert.Equal(0, memory.ForgottenEarly);
    }

    [Fact]
    public void Bytes_of_an_answer_that_has_gone_are_overwritten()
    {
        var bytes = new AnswerBytes();
        var remembered = new RememberedDecisions(TimeSpan.FromMinutes(10), 1 << 20, bytes);
        DecideRequest request = DecisionHarness.Ask("d") with { Tenant = "acme" };
        remembered.Keep(1, request, 1, Answer, Images, Start);
        int length = Images.Write(Answer).Length;
        Assert.True(bytes.At(0, length).SequenceEqual(Images.Write(Answer)));
        Assert.Null(remembered.Find(1, request, 1, Start + TimeSpan.FromMinutes(11)));
        Assert.False(bytes.At(0, length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_key_that_two_tenants_share_gives_neither_the_answer_of_the_other()
    {
        var remembered = new RememberedDecisions(TimeSpan.FromMinutes(10), 1 << 20, new AnswerBytes());
        DecideRequest request = DecisionHarness.Ask("d") with { Tenant = "acme" };
        remembered.Keep(1, request, 1, Answer, Images, Start);
        Assert.Throws<DecisionConflictException>(() => remembered.Find(1, request with { Tenant = "other" }, 1, Start));
        Assert.Throws<DecisionConflictException>(() => remembered.Find(1, request with { DecisionId = "e" }, 1, Start));
        Assert.Equal("d", remembered.Find(1, request, 1, Start)?.Id);
    }

    [Fact]
    public void Parts_keep_together_what_one_would_and_answers_too_long_are_counted()
    {
        var memory = new DecisionMemory(new DeciderOptions());
        for (int i = 0; i < 5_000; i++) memory.Keep(DecisionHarness.Ask($"d{i}"), (ulong)i, Answer with { Id = $"d{i}", Tenant = "default" }, Images, Start);
        for (int i = 0; i < 5_000; i++)
        {
            Assert.Equal($"d{i}", memory.Find(DecisionHarness.Ask($"d{i}"), (ulong)i, Start)?.Id);
            Assert.NotNull(memory.Context("default", $"d{i}"));
        }

        Assert.Throws<DecisionConflictException>(() => memory.Find(DecisionHarness.Ask("d7"), 8, Start));
        Decided huge = Answer with { Id = "huge", Tenant = "default", Segment = new string('x', AnswerBytes.Longest) };
        memory.Keep(DecisionHarness.Ask("huge"), 1, huge, Images, Start);
        Assert.Null(memory.Find(DecisionHarness.Ask("huge"), 1, Start));
        Assert.Throws<DecisionConflictException>(() => memory.Find(DecisionHarness.Ask("huge"), 2, Start));
        Assert.Equal(1, memory.ForgottenEarly);
    }
}
