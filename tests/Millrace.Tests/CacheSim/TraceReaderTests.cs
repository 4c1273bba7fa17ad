using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Millrace.CacheSim.Traces;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.Tests.CacheSim;

public sealed class TraceReaderTests : IDisposable
{
    private const string Log = """
        h [29:23:53:25] "GET /a HTTP/1.0" 200 1497
        h [29:23:53:36] "GET /b "quoted" HTTP/1.0" 200 10
        h [29:23:53:36] "GET /a HTTP/1.0" 304 0
        h [29:23:53:36] "POST /a HTTP/1.0" 200 5
        h [29:23:53:36] "GET /a HTTP/1.0" 200 -
        h [29:23:53:36] "GET /gone HTTP/1.0" 404

        h [29:23:53:53] "GET /a" 200 1500
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-traces-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Oracle_general_records_are_read_whether_zipped_or_not()
    {
        var records = Records((7, 100), (8, 200), (7, 100));
        foreach (var path in (string[])[Write("t.oracleGeneral.bin", records), Zip("t.oracleGeneral.bin.gz", records)])
        {
            var loaded = Read(path);
            Assert.Equal(TraceFormat.OracleGeneral, loaded.Format);
            Assert.Equal((3, 2, 400L, 300L), (loaded.Trace.Requests, loaded.Trace.Objects, loaded.Trace.RequestBytes, loaded.Trace.FootprintBytes));
        }
    }

    [Fact]
    public void A_record_cut_short_is_named()
    {
        var path = Write("t.oracleGeneral.bin", Records((7, 100), (8, 200))[..40]);
        Assert.Equal($"{path}: record 2: 16 bytes of 24; the file is cut short or no oracleGeneral trace.", Fault(path));
    }

    [Fact]
    public void Csv_columns_are_found_by_their_names()
    {
        var loaded = Read(Write("t.csv", "size,what,key,time\n10,x,\"a,b\",1\n20,,c,2\r\n\n10,,\"a,b\",3\n"));
        Assert.Equal(TraceFormat.Csv, loaded.Format);
        Assert.Equal((3, 2, 40L), (loaded.Trace.Requests, loaded.Trace.Objects, loaded.Trace.RequestBytes));
    }

    [Theory]
    [InlineData("key,size\na,1\nb,ten\n", "line 3: size: expected whole bytes, got 'ten'.")]
    [InlineData("key,size\na,-1\n", "line 2: size: expected whole bytes, got '-1'.")]
    [InlineData("key,size\na\n", "line 2")]
    [InlineData("key,size\n", "no request in it")]
    [InlineData("", "line 1: neither a header")]
    [InlineData("time,name\n1,a\n", "line 1: neither a header")]
    public void A_bad_row_is_named_with_its_file_and_line(string text, string fault)
    {
        var path = Write("bad.csv", text);
        Assert.StartsWith($"{path}: ", Fault(path), StringComparison.Ordinal);
        Assert.Contains(fault, Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_keeps_whole_answers_to_GET_and_counts_what_it_leaves_out()
    {
        var loaded = Read(Write("epa.log", Log));
        Assert.Equal(TraceFormat.Epa, loaded.Format);
        Assert.Equal((3, 2, 1L), (loaded.Trace.Requests, loaded.Trace.Objects, loaded.Trace.SizeChanges));
        Assert.Equal([("method", 1L), ("no bytes", 1L), ("status", 2L)], loaded.LeftOut.Select(static pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void A_combined_log_is_told_from_EPA_by_its_users()
    {
        var loaded = Read(Write("access.log", "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET /a?b=\\\"c HTTP/1.1\" 200 203023 \"http://x/\" \"Mozilla \\\"5.0\\\"\"\n"));
        Assert.Equal((TraceFormat.CombinedLog, 203023L), (loaded.Format, loaded.Trace.RequestBytes));
    }

    [Fact]
    public void A_log_line_without_a_status_is_named()
    {
        var path = Write("epa.log", Log + "\nnonsense\n");
        Assert.Contains("epa.log: line 9: expected", Fault(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_zipped_trace_cut_short_is_no_shorter_trace()
    {
        var zipped = File.ReadAllBytes(Zip("t.csv.gz", Encoding.ASCII.GetBytes("key,size\n" + string.Concat(Enumerable.Range(0, 5000).Select(static i => $"{i * 7919 % 5000},1\n")))));
        Assert.ThrowsAny<InvalidDataException>(() => Read(Write("cut.csv.gz", zipped[..(zipped.Length / 2)])));
    }

    [Fact]
    public void Damage_of_any_kind_is_a_fault_or_another_trace_and_nothing_else() => Gen.Select(Gen.Int[0, 250], Gen.Byte, Gen.Enum<TraceFormat>()).Sample((at, value, format) =>
    {
        var bytes = Encoding.Latin1.GetBytes(Log);
        bytes[at % bytes.Length] = value;
        var path = Path.Combine(_folder, $"damaged-{at}-{value}");
        File.WriteAllBytes(path, bytes);
        try
        {
            Assert.True(TraceReader.Read(path, format, static _ => { }, CancellationToken.None).Trace.Requests > 0);
        }
        catch (InvalidDataException fault)
        {
            Assert.StartsWith(path, fault.Message, StringComparison.Ordinal);
        }
    }, iter: 200, threads: 1);

    private static LoadedTrace Read(string path) => TraceReader.Read(path, null, static _ => { }, TestContext.Current.CancellationToken);

    private static string Fault(string path) => Assert.ThrowsAny<InvalidDataException>(() => Read(path)).Message;

    private static byte[] Records(params (ulong Key, uint Size)[] requests)
    {
        var bytes = new byte[24 * requests.Length];
        for (var i = 0; i < requests.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((24 * i) + 4), requests[i].Key);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((24 * i) + 12), requests[i].Size);
        }

        return bytes;
    }

    private string Write(string name, string text) => Write(name, Encoding.Latin1.GetBytes(text));

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Zip(string name, byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return Write(name, zipped.ToArray());
    }
}
