using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Millrace.Journal;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Slices;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary>The options of <see cref="TrainCommand"/> that say what is learnt from, and how it is cut by time.</summary>
internal sealed class TrainExampleOptions
{
    private readonly Option<string?> _rows = new("--rows") { Description = "The directory of 'features build'. Without it rows and labels are built from the journal (--config, --data), below --out.", HelpName = "DIR" };
    private readonly Option<string?> _labels = new("--labels") { Description = "The directory of 'labels build'. Default: that of --rows.", HelpName = "DIR" };
    private readonly Option<string> _label = new("--label") { Description = "The outcome that is to be predicted.", HelpName = "NAME", DefaultValueFactory = _ => "click" };
    private readonly Option<UnixMicros?> _from = CommandTime.Option("--from", "Decisions taken at or after this time");
    private readonly Option<UnixMicros?> _to = CommandTime.Option("--to", "Decisions taken before this time");
    private readonly Option<string?> _features = new("--features") { Description = "Only these features, in this order. Default: all that the rows have.", HelpName = "NAME,…" };
    private readonly Option<string?> _own = new("--own") { Description = "Whose decisions count in full: an arm, a policy, or one version of it (home@12). Default: all.", HelpName = "NAME" };
    private readonly Option<double> _other = new("--other-weight") { Description = "What decisions of others count; 0 leaves them out.", HelpName = "N" };
    private readonly Option<string?> _halfLife = new("--half-life") { Description = "An example that is older by so much counts half.", HelpName = "DURATION" };
    private readonly Option<double> _negatives = new("--negatives") { Description = "The share of negatives that is kept, each with the weight of 1 / share.", HelpName = "SHARE", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _positive = new("--positive-weight") { Description = "What a positive counts.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _explored = new("--only-explored") { Description = "Only items whose place a draw could have changed." };
    private readonly Option<bool> _seen = new("--only-seen") { Description = "Only items of which an impression came." };
    private readonly Option<string?> _svmlight = new("--svmlight") { Description = "Learns from a plain file instead: LABEL [qid:N] PLACE:VALUE …, with FILE.query beside it if there is one. Its order is that of time.", HelpName = "FILE" };
    private readonly Option<string?> _valid = new("--valid") { Description = "A second such file, later than the first, to stop by.", HelpName = "FILE" };
    private readonly Option<double> _validShare = new("--valid-share") { Description = "The share of the examples to stop by, before those that judge.", HelpName = "SHARE", DefaultValueFactory = _ => 0.1 };
    private readonly Option<double> _testShare = new("--test-share") { Description = "The last share of the examples, which judge.", HelpName = "SHARE", DefaultValueFactory = _ => 0.1 };
    private readonly Option<UnixMicros?> _validFrom = CommandTime.Option("--valid-from", "Stops by what was decided from here on, in place of a share");
    private readonly Option<UnixMicros?> _testFrom = CommandTime.Option("--test-from", "Judges by what was decided from here on, in place of a share");
    private readonly Option<string> _gap = new("--gap") { Description = "What was decided so shortly before a cut is left out: its outcomes came after it. The window of the label.", HelpName = "DURATION", DefaultValueFactory = _ => "10m" };

    internal TrainExampleOptions AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_rows, _labels, _label, _from, _to, _features, _own, _other, _halfLife, _negatives, _positive, _explored, _seen, _svmlight, _valid, _validShare, _testShare, _validFrom, _testFrom, _gap])
        {
            command.Options.Add(option);
        }

        return this;
    }

    /// <summary>The examples, how they are cut, and what a report says of where they are from.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="journal">Makes rows and labels where none are named.</param>
    /// <param name="surface">Whose decisions; null for all.</param>
    /// <param name="into">The directory of the training.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<(IExamples Examples, SliceCuts Cuts, ImmutableSortedDictionary<string, string> Source)> OpenAsync(
        ParseResult parsed, TrainJournal journal, string? surface, string into, int seed, CancellationToken cancellation)
    {
        var (rows, labels, plain) = (parsed.GetValue(_rows), parsed.GetValue(_labels), parsed.GetValue(_svmlight));
        if (plain is not null)
        {
            return rows is null && labels is null ? OfPlain(parsed, plain) : throw Refused("--svmlight and --rows exclude each other");
        }

        if (rows is null)
        {
            if (labels is not null || parsed.GetValue(_from) is not { } from || parsed.GetValue(_to) is not { } to)
            {
                throw Refused("name what to learn from: --from and --to of the journal, --rows and --labels, or --svmlight");
            }

            (rows, labels) = await journal.BuildAsync(parsed, from, to, into, cancellation);
        }

        return OfRows(parsed, rows, labels ?? rows, surface, seed, cancellation);
    }

    private (IExamples Examples, SliceCuts Cuts, ImmutableSortedDictionary<string, string> Source) OfPlain(ParseResult parsed, string plain)
    {
        var valid = parsed.GetValue(_valid);
        var examples = SvmlightFile.Read(valid is null ? [plain] : [plain, valid], out var starts);
        var cuts = CutsOf(parsed) with { Gap = TimeSpan.Zero };
        cuts = valid is null ? cuts : cuts with { ValidFrom = starts[1], Valid = 0, Test = 0 };
        return (examples, cuts, Source(("svmlight", plain), ("valid", valid)));
    }

    private (IExamples Examples, SliceCuts Cuts, ImmutableSortedDictionary<string, string> Source) OfRows(ParseResult parsed, string rows, string labels, string? surface, int seed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_valid) is not null)
        {
            throw Refused("--valid goes with --svmlight; training rows are cut by time");
        }

        var query = new ExampleQuery
        {
            Rows = rows,
            Labels = labels,
            Label = parsed.GetValue(_label)!,
            Surface = surface,
            From = parsed.GetValue(_from) ?? new UnixMicros(0),
            To = parsed.GetValue(_to) ?? UnixMicros.LastWritable,
            Features = [.. parsed.GetValue(_features)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []],
            Own = parsed.GetValue(_own),
            OtherWeight = parsed.GetValue(_other),
            HalfLife = parsed.GetValue(_halfLife) is { } half ? Duration("--half-life", half) : null,
            Negatives = parsed.GetValue(_negatives),
            PositiveWeight = parsed.GetValue(_positive),
            OnlyExplored = parsed.GetValue(_explored),
            OnlySeen = parsed.GetValue(_seen),
            Seed = (ulong)seed,
        };
        var examples = ParquetExamples.Open(query, cancellation);
        var weights = string.Create(CultureInfo.InvariantCulture, $"own {query.Own} other {query.OtherWeight} halfLife {query.HalfLife} negatives {query.Negatives} positive {query.PositiveWeight} explored {query.OnlyExplored} seen {query.OnlySeen}");
        return (examples, CutsOf(parsed), Source(
            ("rows", rows), ("labels", query.Labels), ("label", query.Label), ("surface", surface), ("definitions", examples.Definitions), ("outcomes", examples.Outcomes),
            ("from", query.From.ToString()), ("to", query.To.ToString()), ("weights", weights)));
    }

    private SliceCuts CutsOf(ParseResult parsed)
    {
        var (valid, test) = (parsed.GetValue(_validShare), parsed.GetValue(_testShare));
        if (!(valid >= 0 && test >= 0 && valid + test < 1))
        {
            throw Refused("--valid-share, --test-share: expected shares that leave something to learn from");
        }

        return new SliceCuts
        {
            Valid = valid,
            Test = test,
            ValidFrom = parsed.GetValue(_validFrom)?.Value,
            TestFrom = parsed.GetValue(_testFrom)?.Value,
            Gap = Duration("--gap", parsed.GetValue(_gap)!),
        };
    }

    private static ImmutableSortedDictionary<string, string> Source(params (string Name, string? Value)[] all) =>
        all.Where(one => one.Value is not null).ToImmutableSortedDictionary(one => one.Name, one => one.Value!, StringComparer.Ordinal);

    private static TimeSpan Duration(string option, string text) =>
        Quantities.ParseDuration(text) is { } duration && duration >= TimeSpan.Zero ? duration : throw Refused($"{option}: expected a duration like 10m; got '{text}'");

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
