using System.IO.Compression;
using System.Text;
using Millrace.Backtest.ClickLogs;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.CacheSim.Traces;

/// <summary>Reads a trace file, gzipped or not, into memory.</summary>
internal static class TraceReader
{
    /// <summary>Requests of one trace: what one array of 8-byte sizes can hold with room to grow.</summary>
    public const int MaxRequests = 1 << 30;

    private const int GzipMagic = 0x8B1F;

    /// <param name="path">The file.</param>
    /// <param name="format">Its format; null to tell by its name and its first line.</param>
    /// <param name="progress">Told the share of the file that has been read.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A record is not as the format says; names file, record and what was expected.</exception>
    public static LoadedTrace Read(string path, TraceFormat? format, Action<double> progress, CancellationToken cancellation)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        var zipped = file.Length >= 2 && file.ReadByte() + (file.ReadByte() << 8) == GzipMagic;
        file.Position = 0;
        using Stream bytes = zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        var length = Math.Max(1.0, file.Length);
        var trace = new CacheTrace();
        var leftOut = new SortedDictionary<string, long>(StringComparer.Ordinal);
        try
        {
            if ((format ?? ByName(path)) == TraceFormat.OracleGeneral)
            {
                OracleGeneralTrace.Read(bytes, Add);
                return new LoadedTrace(Checked(trace), TraceFormat.OracleGeneral, leftOut);
            }

            // Bytes as they came: a URL is a name here, whatever its encoding.
            using var text = new StreamReader(bytes, Encoding.Latin1, false, 1 << 16);
            var lines = new LineReader(text);
            var first = Next(lines) ?? "";
            var told = format ?? ByLine(first);
            if (told == TraceFormat.Csv)
            {
                CsvTrace.Read(first, () => Next(lines), Add);
            }
            else
            {
                AccessLogTrace.Read(first, () => Next(lines), Add, reason => leftOut[reason] = leftOut.GetValueOrDefault(reason) + 1);
            }

            return new LoadedTrace(Checked(trace), told, leftOut);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }

        void Add(ulong key, long size)
        {
            if (trace.Requests == MaxRequests)
            {
                throw new InvalidDataException($"more than {MaxRequests} requests; cut the trace.");
            }

            if (trace.Requests % 65_536 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress(file.Position / length);
            }

            trace.Add(key, size);
        }
    }

    private static CacheTrace Checked(CacheTrace trace) =>
        trace.Requests > 0 ? trace : throw new InvalidDataException("no request in it; is the --format right?");

    private static string? Next(LineReader lines)
    {
        var line = lines.Next(out var tooLong);
        return tooLong ? throw new InvalidDataException($"line {lines.Line}: more than {LineReader.MaxLine} characters.") : line;
    }

    private static TraceFormat? ByName(string path) =>
        Path.GetFileName(path).Contains(".oracleGeneral", StringComparison.OrdinalIgnoreCase) ? TraceFormat.OracleGeneral : null;

    private static TraceFormat ByLine(string line) =>
        CsvTrace.IsHeader(line) ? TraceFormat.Csv
        : AccessLogTrace.FormatOf(line) ?? throw new InvalidDataException("line 1: neither a header with the columns key and size nor a line of an access log; say --format.");
}
