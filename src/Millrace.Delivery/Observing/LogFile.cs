using System.Globalization;

namespace Millrace.Delivery.Observing;

/// <summary>
/// A file of lines that is renamed to <c>name.1</c> when it has grown, <c>name.1</c> to <c>name.2</c> and so on. Opened when it is first written to, and again
/// after a fault. One that cannot be renamed grows to twice its bound and then takes no more. Without a path it is standard output. For one writer.
/// </summary>
internal sealed class LogFile(string? path, long rotateBytes, int keep) : IDisposable
{
    /// <summary>A rename that failed is tried again after so many lines: each try is a dozen system calls.</summary>
    private const int Again = 256;

    private Stream? _stream;
    private long _bytes;
    private int _untilRotation;

    /// <exception cref="IOException">The disk refuses, or the file is full and cannot be renamed; the next line tries again.</exception>
    public void Write(ReadOnlySpan<byte> line)
    {
        try
        {
            _stream ??= Open();
            if (path is null || _bytes < rotateBytes || TryMakeRoom())
            {
                _stream!.Write(line);
                _bytes += line.Length;
                return;
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        throw new IOException("The log cannot be rotated, and is full.");
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

    /// <summary>Begins another file. Where the old one cannot be renamed it goes on for as long as it was meant to be; false when it is full.</summary>
    private bool TryMakeRoom()
    {
        if (_untilRotation > 0)
        {
            _untilRotation--;
        }
        else
        {
            try
            {
                Rotate();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _untilRotation = Again;
            }

            _stream ??= Open();
        }

        return _bytes < 2 * rotateBytes;
    }

    private void Rotate()
    {
        Dispose();

        // Up to the first name that is free: a try that failed half way has left one, and the files beyond it stay.
        var last = 1;
        while (last < keep && File.Exists(Name(last)))
        {
            last++;
        }

        for (var i = Math.Min(last, keep); i >= 1; i--)
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
