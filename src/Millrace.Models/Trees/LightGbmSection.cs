using System.Globalization;
using System.Text;

namespace Millrace.Models.Trees;

/// <summary>The <c>name=value</c> lines of one part of a LightGBM text model: the header, or one tree. Every fault names its line and field.</summary>
internal ref struct LightGbmSection
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly Dictionary<string, (int Line, int Start, int Length)> _fields;

    /// <param name="text">The whole file.</param>
    /// <param name="line">The number of the line that begins the section.</param>
    internal LightGbmSection(ReadOnlySpan<byte> text, int line)
    {
        _text = text;
        _fields = new(StringComparer.Ordinal);
        Line = line;
    }

    internal int Line { get; }

    /// <summary>Takes up one line; without <c>=</c>, its name alone.</summary>
    internal readonly void Add(int line, int start, int length)
    {
        // No name of LightGBM is nearly as long; this keeps a broken file from being copied into names.
        const int LongestName = 64;
        ReadOnlySpan<byte> content = _text.Slice(start, length);
        int equals = content.IndexOf((byte)'=');
        int named = equals < 0 ? length : equals;
        if (named > LongestName) throw Fault(line, $"expected a name of at most {LongestName} bytes before '='; got {named}");
        string name = Encoding.UTF8.GetString(content[..named]);
        if (_fields.Count >= 256) throw Fault(line, "expected at most 256 fields before the next tree; got more");
        if (!_fields.TryAdd(name, (line, start + named + 1, Math.Max(0, length - named - 1)))) throw Fault(line, $"{name}: expected once; got it again");
    }

    internal readonly bool Has(string name) => _fields.ContainsKey(name);

    internal readonly string Text(string name)
    {
        ReadOnlySpan<byte> value = Value(name, out int line);
        if (value.Length > 4096) throw Fault(line, $"{name}: expected at most 4096 bytes; got {value.Length}");
        return Encoding.UTF8.GetString(value);
    }

    internal readonly int Int(string name, int least, int most)
    {
        ReadOnlySpan<byte> value = Value(name, out int line);
        return Number(value, out int number) && number >= least && number <= most
            ? number
            : throw Fault(line, $"{name}: expected a whole number from {least} to {most}; got {Shown(value)}");
    }

    internal readonly int[] Ints(string name, int count)
    {
        ReadOnlySpan<byte> value = List(name, count, out int line);
        var numbers = new int[count];
        var tokens = new Tokens(value);
        for (int i = 0; i < count; i++)
        {
            if (!tokens.Next(out var token)) throw Fault(line, $"{name}: expected {count} numbers; got {i}");
            if (!Number(token, out numbers[i])) throw Fault(line, $"{name}[{i}]: expected a whole number; got {Shown(token)}");
        }

        return tokens.Next(out _) ? throw Fault(line, $"{name}: expected {count} numbers; got more") : numbers;
    }

    internal readonly uint[] Words(string name, int count)
    {
        ReadOnlySpan<byte> value = List(name, count, out int line);
        var words = new uint[count];
        var tokens = new Tokens(value);
        for (int i = 0; i < count; i++)
        {
            if (!tokens.Next(out var token)) throw Fault(line, $"{name}: expected {count} numbers; got {i}");
            if (!uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out words[i])) throw Fault(line, $"{name}[{i}]: expected a 32-bit word; got {Shown(token)}");
        }

        return tokens.Next(out _) ? throw Fault(line, $"{name}: expected {count} numbers; got more") : words;
    }

    /// <param name="name">The field's.</param>
    /// <param name="count">So many numbers.</param>
    /// <param name="infinite">Whether <c>inf</c> may be among them: LightGBM writes it as the threshold that only missing values do not pass.</param>
    internal readonly double[] Doubles(string name, int count, bool infinite = false)
    {
        ReadOnlySpan<byte> value = List(name, count, out int line);
        var numbers = new double[count];
        var tokens = new Tokens(value);
        for (int i = 0; i < count; i++)
        {
            if (!tokens.Next(out var token)) throw Fault(line, $"{name}: expected {count} numbers; got {i}");
            if (infinite && token.EndsWith("inf"u8) && token.Length <= 4)
            {
                numbers[i] = token[0] == (byte)'-' ? double.NegativeInfinity : double.PositiveInfinity;
            }
            else if (!double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i]))
            {
                throw Fault(line, $"{name}[{i}]: expected a finite number; got {Shown(token)}");
            }
        }

        return tokens.Next(out _) ? throw Fault(line, $"{name}: expected {count} numbers; got more") : numbers;
    }

    internal readonly string[] Names(string name, int count)
    {
        ReadOnlySpan<byte> value = List(name, count, out int line);
        var names = new string[count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var tokens = new Tokens(value);
        for (int i = 0; i < count; i++)
        {
            if (!tokens.Next(out var token)) throw Fault(line, $"{name}: expected {count} names; got {i}");
            names[i] = Encoding.UTF8.GetString(token);
            if (!seen.Add(names[i])) throw Fault(line, $"{name}[{i}]: expected a name of its own; got '{names[i]}' again");
        }

        return tokens.Next(out _) ? throw Fault(line, $"{name}: expected {count} names; got more") : names;
    }

    internal readonly ForestException Fault(string name, string message) => Fault(_fields[name].Line, $"{name}: {message}");

    internal static ForestException Fault(int line, string message) => new($"line {line}, {message}");

    private readonly ReadOnlySpan<byte> Value(string name, out int line)
    {
        if (!_fields.TryGetValue(name, out var field)) throw Fault(Line, $"{name}: expected in what begins here; got nothing");
        line = field.Line;
        return field.Length == 0 ? default : _text.Slice(field.Start, field.Length);
    }

    // A number and a space take two bytes: what is shorter is refused before there is an array for it.
    private readonly ReadOnlySpan<byte> List(string name, int count, out int line)
    {
        ReadOnlySpan<byte> value = Value(name, out line);
        return count <= (value.Length + 1) / 2 ? value : throw Fault(line, $"{name}: expected {count} of them; got {value.Length} bytes");
    }

    private static bool Number(ReadOnlySpan<byte> text, out int number) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static string Shown(ReadOnlySpan<byte> value) => value.Length == 0 ? "nothing" : $"'{Encoding.UTF8.GetString(value[..Math.Min(32, value.Length)])}'";

    /// <summary>What stands between single spaces.</summary>
    private ref struct Tokens(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        internal bool Next(out ReadOnlySpan<byte> token)
        {
            _rest = _rest.TrimStart((byte)' ');
            int end = _rest.IndexOf((byte)' ');
            token = end < 0 ? _rest : _rest[..end];
            _rest = _rest[token.Length..];
            return token.Length > 0;
        }
    }
}
