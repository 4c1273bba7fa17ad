using System.IO.Compression;
using System.Text;
using Millrace.Backtest.ClickLogs;

namespace Millrace.Tests.Backtest;

public sealed class ClickLogReaderTests : IDisposable
{
    private const string Map = "user=u,session=s,item=i,time=t,time-format=unix-s";
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-clicks").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void A_zipped_csv_is_read_by_its_header_in_any_order_of_columns()
    {
        var path = Zipped("t,x,i,s,u\n100000,_,a,s1,u1\r\n\n100001,_,\"b, \"\"c\"\"\",s1,u1\n");

        var clicks = new ClickLogReader(path, ClickMapping.Parse(Map, RowSyntax.Csv, false), 0).Read().ToList();

        Assert.Equal(["u1 s1 a 100000", "u1 s1 b, \"c\" 100001"], clicks.Select(Show));
    }

    [Fact]
    public void Ndjson_takes_strings_and_numbers()
    {
        var path = Plain("{\"u\":7,\"s\":\"s1\",\"i\":12,\"t\":100000}\n{\"s\":\"s2\",\"i\":\"b\",\"t\":\"100001\"}\n");

        var clicks = new ClickLogReader(path, ClickMapping.Parse(Map, RowSyntax.Ndjson, false), 0).Read().ToList();

        Assert.Equal(["7 s1 12 100000", "- s2 b 100001"], clicks.Select(Show));
    }

    [Fact]
    public void Movielens_is_sorted_by_time_and_takes_the_user_as_one_session()
    {
        var path = Plain("2\t10\t5\t200000\n1\t11\t3\t100000\n");

        var clicks = new ClickLogReader(path, ClickLogFormat.MovieLens, 0).Read().ToList();

        Assert.Equal(["1 1 11 100000", "2 2 10 200000"], clicks.Select(Show));
    }

    [Theory]
    [InlineData("u1,s1,,100000", "line 3, i: expected an id of 1 to 128 bytes, got nothing")]
    [InlineData("u1,s1,a,yesterday", "line 3, t: expected a time as UnixSeconds between 1970-01-02 and 2200, got yesterday")]
    [InlineData("u1,s1,a,99999999999999999", "line 3, t: expected a time as UnixSeconds between 1970-01-02 and 2200, got 99999999999999999")]
    [InlineData("u1,s1,a", "line 3, line: expected at least 4 fields, got 3 in 'u1,s1,a'")]
    [InlineData("u1,\"s1,a,100000", "line 3, line: expected closed quotes and a delimiter after them, got u1,\"s1,a,100000")]
    [InlineData("u1,s1,a,99999", "line 3, t: expected a time not before the row above (or use --sort), got 99999")]
    public void A_bad_row_is_named_by_line_and_field(string row, string fault)
    {
        var path = Plain($"u,s,i,t\nu1,s1,a,100000\n{row}\nu1,s1,b,100001\n");
        var format = ClickMapping.Parse(Map, RowSyntax.Csv, false);
        var tolerant = new ClickLogReader(path, format, 1);

        Assert.Equal(2, tolerant.Read().Count());
        Assert.Equal(1, tolerant.Bad);
        Assert.Equal(fault, Assert.Single(tolerant.Faults).ToString());

        var refused = Assert.Throws<InvalidDataException>(() => new ClickLogReader(path, format, 0).Read().Count());
        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_left_out_and_the_next_one_is_read()
    {
        var path = Plain($"u,s,i,t\n{new string('x', LineReader.MaxLine + 1)}\nu1,s1,b,100001");
        var reader = new ClickLogReader(path, ClickMapping.Parse(Map, RowSyntax.Csv, false), 1);

        Assert.Equal("u1 s1 b 100001", Show(Assert.Single(reader.Read())));
        Assert.Equal(2, Assert.Single(reader.Faults).Line);
    }

    [Fact]
    public void A_header_without_a_mapped_column_is_refused_by_name()
    {
        var path = Plain("u,s,item,t\n");

        var refused = Assert.Throws<InvalidDataException>(() => new ClickLogReader(path, ClickMapping.Parse(Map, RowSyntax.Csv, false), 0).Read().Count());

        Assert.Contains("no column 'i'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sesion=s,item=i,time=t", "did you mean 'session'")]
    [InlineData("item=i,time=t", "neither 'user' nor 'session'")]
    [InlineData("user=u,item=i", "'time' is missing")]
    [InlineData("user=u,user=v,item=i,time=t", "'user' is given twice")]
    [InlineData("user=u,item=,time=t", "'item' has no value")]
    [InlineData("user=u,item=i,time=t,time-format=days", "unknown time-format 'days'")]
    public void A_bad_mapping_says_what_was_expected(string map, string fault) =>
        Assert.Contains(fault, Assert.Throws<InvalidDataException>(() => ClickMapping.Parse(map, RowSyntax.Csv, false)).Message, StringComparison.Ordinal);

    private static string Show(Click click) => $"{click.User ?? "-"} {click.Session} {click.Item} {click.Time.Value / 1_000_000}";

    private string Plain(string text)
    {
        var path = Path.Combine(_directory, "log");
        File.WriteAllText(path, text);
        return path;
    }

    private string Zipped(string text)
    {
        var path = Path.Combine(_directory, "log.gz");
        using var zip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        zip.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }
}
