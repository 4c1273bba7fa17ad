using System.IO.Compression;
using System.Text;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>The lines of a text file, gzipped or not, with their numbers.</summary>
internal static class LogLines
{
    /// <summary>A longer line is no record of anything.</summary>
    private const int MostChars = 16 << 20;

    private const int GzipMagic = 0x8B1F;

    /// <exception cref="InvalidDataException">A line is longer than 16 Mi characters.</exception>
    public static IEnumerable<(long Number, string Text)> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        var zipped = file.Length >= 2 && file.ReadByte() + (file.ReadByte() << 8) == GzipMagic;
        file.Position = 0;
        using Stream bytes = zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var text = new StreamReader(bytes, Encoding.UTF8, true, 1 << 16);
        var number = 0L;
        while (Next(text, path, number + 1) is { } line)
        {
            yield return (++number, line);
        }
    }

    private static string? Next(StreamReader text, string path, long number)
    {
        var line = new StringBuilder();
        for (var read = text.Read(); read >= 0; read = text.Read())
        {
            if (read == '\n')
            {
                return Ended(line);
            }

            if (line.Length == MostChars)
            {
                throw new InvalidDataException($"{path}:{number}: a line of more than {MostChars:N0} characters");
            }

            line.Append((char)read);
        }

        return line.Length > 0 ? Ended(line) : null;
    }

    private static string Ended(StringBuilder line) => line.ToString(0, line.Length > 0 && line[^1] == '\r' ? line.Length - 1 : line.Length);
}
