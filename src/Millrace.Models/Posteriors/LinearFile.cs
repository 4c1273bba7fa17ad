using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Models.Trees;

namespace Millrace.Models.Posteriors;

/// <summary>
/// The file of a <see cref="LinearPosterior"/>, one for each posterior: the magic, the number of features, their names (length and UTF-8), the lower triangle of the precision
/// by row, precision × mean, and the SHA-256 of all before it. Numbers are little-endian, 32 bits or doubles.
/// </summary>
public static class LinearFile
{
    /// <summary>No file of 256 features is longer.</summary>
    public const int MostBytes = 320 << 10;

    private const int MostNameBytes = 64;

    private static ReadOnlySpan<byte> Magic => "MRLINEAR1\n"u8;

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    /// <summary>The bytes of a file, at most <see cref="MostBytes"/>.</summary>
    /// <exception cref="ForestException">There are more.</exception>
    public static byte[] ReadBytes(string path) => ForestFile.ReadBytes(path, ForestLimits.Default with { Bytes = MostBytes });

    /// <summary>The bytes of the file.</summary>
    public static byte[] Write(LinearPosterior posterior)
    {
        ArgumentNullException.ThrowIfNull(posterior);
        using var file = new MemoryStream();
        file.Write(Magic);
        WriteNumber(file, posterior.Features.Length);
        foreach (var feature in posterior.Features)
        {
            var name = Encoding.UTF8.GetBytes(feature);
            WriteNumber(file, name.Length);
            file.Write(name);
        }

        WriteDoubles(file, posterior.Precision);
        WriteDoubles(file, posterior.Vector);
        file.Write(SHA256.HashData(file.ToArray()));
        return file.ToArray();
    }

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InvalidDataException">It is no such file, is damaged, or says what no evidence can have said.</exception>
    public static LinearPosterior Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > MostBytes) throw Bad($"at most {MostBytes} bytes", $"{file.Length}");
        if (!IsOne(file)) throw Bad("a linear posterior's first line", "another");
        if (file.Length < Magic.Length + SHA256.HashSizeInBytes) throw Bad("a digest at the end", "the end");
        var body = file[..^SHA256.HashSizeInBytes];
        if (!SHA256.HashData(body).AsSpan().SequenceEqual(file[body.Length..])) throw Bad("the digest of its bytes at the end", "another: it is damaged");
        var rest = body[Magic.Length..];
        var features = ReadNames(ref rest);
        if (LinearPosterior.Fault(features) is { } fault) throw new InvalidDataException($"Linear posterior: {fault}");
        var precision = ReadDoubles(ref rest, Cholesky.Length(features.Length));
        var vector = ReadDoubles(ref rest, features.Length);
        if (!rest.IsEmpty) throw Bad("its end", $"{rest.Length} bytes more");
        return LinearPosterior.Create(features, precision, vector) ?? throw Bad("a positive definite precision", "another");
    }

    private static ImmutableArray<string> ReadNames(ref ReadOnlySpan<byte> rest)
    {
        var names = new string[ReadNumber(ref rest, 1, LinearPosterior.MostFeatures)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Encoding.UTF8.GetString(Take(ref rest, ReadNumber(ref rest, 1, MostNameBytes)));
        }

        return [.. names];
    }

    private static int ReadNumber(ref ReadOnlySpan<byte> rest, int least, int most)
    {
        var number = BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, sizeof(int)));
        return number >= least && number <= most ? number : throw Bad($"{least} to {most}", $"{number}");
    }

    private static ImmutableArray<double> ReadDoubles(ref ReadOnlySpan<byte> rest, int count)
    {
        var bytes = Take(ref rest, count * sizeof(double));
        var numbers = new double[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * sizeof(double))..]);
            if (!double.IsFinite(numbers[i])) throw Bad("finite numbers", $"{numbers[i]}");
        }

        return [.. numbers];
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        if (rest.Length < count) throw Bad($"{count} bytes more", $"{rest.Length}");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static void WriteNumber(Stream file, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        file.Write(bytes);
    }

    private static void WriteDoubles(Stream file, ImmutableArray<double> numbers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
            file.Write(bytes);
        }
    }

    private static InvalidDataException Bad(string expected, string got) => new($"Linear posterior: expected {expected}; got {got}.");
}
