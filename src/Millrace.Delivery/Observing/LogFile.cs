using System.Globalization;

namespace Millrace.Delivery.Observing;

/// <summary>
/// A file of lines that is renamed to <c>name.1</c> when it has grown, <c>name.1</c> to <c>name.2</c> and so on. Opened when it is first written to, and again
/// after a fault. Without a path it is standard output. For one writer.
/// </summary>
internal sealed class LogFile(string? path, long rotateBytes, int keep) : IDisposable
{
    private Stream? _stream;
    private long _bytes;

    /// <exception cref="IOException">The disk refuses; the next line tries again.</exception>
    public void Write(ReadOnlySpan<byte> line)
    {
        try
        {
            _stream ??= Open();
            _stream.Write(line);
            _bytes += line.Length;
            if (path is not null && _bytes >= rotateBytes)
            {
                Rotate();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Flush() => _stream?.Flush();

    public void Dispose()
    {
        var stream = _stream;
        _stream = null;
        try
        {
            stream?.Dispose();
        }
        catch (IOException)
        {
            // What was buffered is lost; the caller was told by the write that failed.
        }
    }

    private Stream Open()
    {
        if (path is null)
        {
            return Console.OpenStandardOutput();
        }

        // Others may read it, and may rename it: the next line then goes to the file that was renamed, and rotation begins a new one.
        var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, 1 << 16);
        _bytes = file.Length;
        return file;
    }

    private void Rotate()
    {
        Dispose();
        for (var i = keep; i >= 1; i--)
        {
            var from = i == 1 ? path! : Name(i - 1);
            if (File.Exists(from))
            {
                File.Move(from, Name(i), overwrite: true);
            }
        }

        if (keep == 0)
        {
            File.Delete(path!);
        }
    }

    private string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"{path}.{i}");
}
