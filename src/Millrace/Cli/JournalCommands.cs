using System.CommandLine;
using System.Globalization;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Cli;

/// <summary><c>millrace journal inspect|verify|export</c>: looks at a data directory without its lock and changes nothing.</summary>
internal static class JournalCommands
{
    /// <summary>The journal's directory within a node's data directory.</summary>
    public const string JournalDirectory = "journal";

    /// <summary>The subject keys' file within a node's data directory, outside the journal.</summary>
    public const string KeyFile = "keys/subjects";

    private const int Corrupt = (int)ExitCode.JournalCorrupt;
    private const int NotThere = (int)ExitCode.DataUnusable;

    public static Command Create()
    {
        var command = new Command("journal", """
            Looks into the journal of a data directory; reads only, beside a running node too.

            Examples:
              millrace journal inspect ./data
              millrace journal verify ./data
              millrace journal export ./data --help
            """);
        command.Subcommands.Add(Inspect());
        command.Subcommands.Add(Verify());
        command.Subcommands.Add(Export());
        return command;
    }

    private static Argument<string> DataArgument() => new("data")
    {
        Description = "The node's data directory, or the journal's own",
        DefaultValueFactory = _ => "./data",
    };

    private static Command Inspect()
    {
        var data = DataArgument();
        var command = new Command("inspect", "List streams, partitions and segments with their offsets, bytes and times") { data };
        command.SetAction(result => Run(result, data, (journal, output) =>
        {
            output.WriteLine("segment                                    first          end        bytes  received");
            foreach (var (stream, partition) in journal.Partitions())
            {
                var info = journal.Inspect(stream, partition);
                foreach (var segment in info.Segments)
                {
                    var times = segment.FirstReceived is null ? "empty" : $"{segment.FirstReceived} .. {segment.LastReceived}";
                    output.WriteLine(
                        string.Create(CultureInfo.InvariantCulture, $"{segment.Name,-38}{segment.Facts.First,10}{segment.Facts.End,13}{segment.Bytes,13}  {times}{(segment.IsSealed ? "" : "  (active)")}"));
                }

                if (info.TornBytes > 0)
                {
                    output.WriteLine($"  {info.TornBytes} bytes after the last whole record: a write in progress, or a torn tail that the next start cuts");
                }
            }
        }));
        return command;
    }

    private static Command Verify()
    {
        var data = DataArgument();
        var command = new Command("verify", $"Read and check everything; exit code {Corrupt} names the segment and the offset of the first damage in each partition") { data };
        command.SetAction(result =>
        {
            var damaged = 0;
            var code = Run(result, data, (journal, output) =>
            {
                foreach (var (stream, partition) in journal.Partitions())
                {
                    try
                    {
                        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stream.ToString().ToLowerInvariant()}/{partition}: {journal.Verify(stream, partition)} facts, whole"));
                    }
                    catch (JournalCorruptException e)
                    {
                        damaged++;
                        result.InvocationConfiguration.Error.WriteLine($"corrupt: segment {e.Segment}, offset {e.Offset}: {e.Message}");
                    }
                }
            });
            return damaged > 0 ? Corrupt : code;
        });
        return command;
    }

    private static Command Export()
    {
        var data = DataArgument();
        var streams = new Option<string?>("--stream") { Description = "Only this stream: control, items, events, decisions or deliveries" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Received at or after this time (RFC 3339)" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Received before this time (RFC 3339)" };
        var max = new Option<long>("--max") { Description = "At most so many facts", DefaultValueFactory = _ => long.MaxValue };
        streams.AcceptOnlyFromAmong([.. Enum.GetNames<JournalStream>().Select(n => n.ToLowerInvariant())]);
        var command = new Command("export", "Write facts as NDJSON to standard output, partition by partition") { data, streams, from, to, max };
        command.SetAction(result => Run(result, data, (journal, output) =>
        {
            var wanted = result.GetValue(streams);
            var begin = result.GetValue(from) is { } f ? UnixMicros.From(f) : new UnixMicros(long.MinValue);
            var end = result.GetValue(to) is { } t ? UnixMicros.From(t) : new UnixMicros(long.MaxValue);
            var facts = journal.Partitions()
                .Where(p => wanted is null || p.Stream.ToString().Equals(wanted, StringComparison.OrdinalIgnoreCase))
                .SelectMany(p => journal.Read(p.Stream, p.Partition, 0).SkipWhile(s => s.Fact.Received < begin).TakeWhile(s => s.Fact.Received < end));
            var left = result.GetValue(max);
            foreach (var stored in facts)
            {
                if (left-- <= 0)
                {
                    break;
                }

                output.WriteLine($$"""{"position":"{{stored.Position}}","fact":{{FactJson.Write(stored.Fact)}}}""");
            }
        }));
        return command;
    }

    private static int Run(ParseResult result, Argument<string> argument, Action<JournalInspection, TextWriter> action)
    {
        var error = result.InvocationConfiguration.Error;
        try
        {
            var data = result.GetValue(argument)!;
            var within = Path.Combine(data, JournalDirectory);
            var keyFile = Path.Combine(data, KeyFile);
            using ISubjectKeys keys = File.Exists(keyFile) ? FileSubjectKeys.OpenReadOnly(keyFile) : new MemorySubjectKeys();
            var journal = JournalInspection.Open(Directory.Exists(within) ? within : data, keys);
            action(journal, result.InvocationConfiguration.Output);
            return 0;
        }
        catch (DirectoryNotFoundException e)
        {
            error.WriteLine(e.Message);
            return NotThere;
        }
        catch (JournalReadException e)
        {
            error.WriteLine(e.Message);
            return NotThere;
        }
        catch (JournalException e)
        {
            error.WriteLine(e.Message);
            return Corrupt;
        }
    }
}
