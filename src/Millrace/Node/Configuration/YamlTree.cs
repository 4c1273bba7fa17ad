using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Millrace.Node.Configuration;

/// <summary>
/// Reads YAML into <see cref="ConfigNode"/>s. YamlDotNet's event layer is used rather than its object mapping, because each fault needs its place and
/// one fault must not hide the next. Anchors, aliases and tags are refused: no setting needs them, and they are how small files become huge ones.
/// </summary>
internal sealed class YamlTree
{
    private const int MaxDepth = 32;

    /// <summary>Files above this many characters are refused unread.</summary>
    public const int MaxChars = 4 * 1024 * 1024;

    private readonly string _source;
    private readonly ConfigFaults _faults;
    private readonly Parser _parser;

    private YamlTree(string source, TextReader text, ConfigFaults faults)
    {
        _source = source;
        _faults = faults;
        _parser = new Parser(text);
    }

    /// <summary>The document's root; an empty mapping when the text is empty or cannot be read (then <paramref name="faults"/> says why).</summary>
    public static ConfigNode Read(string source, string text, ConfigFaults faults)
    {
        var start = new ConfigMark(source, 1, 1);
        var empty = new MapNode(start, []);
        if (text.Length > MaxChars)
        {
            faults.Add(new ConfigFault(start, "", $"at most {MaxChars} characters", $"{text.Length}"));
            return empty;
        }

        var tree = new YamlTree(source, new StringReader(text), faults);
        try
        {
            return tree.ReadDocument() ?? empty;
        }
        catch (YamlException broken)
        {
            faults.Add(new ConfigFault(Place(source, broken.Start), "", "YAML", $"what cannot be read: {broken.Message}"));
            return empty;
        }
        catch (InvalidOperationException)
        {
            // The parser's own, where it cannot go on: a flow mapping that is not closed may be one of those.
            faults.Add(new ConfigFault(tree._parser.Current is { } last ? Place(source, last.End) : start, "", "YAML", "what cannot be read from here on"));
            return empty;
        }
    }

    private ConfigNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            return null;
        }

        var root = ReadNode("", 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second))
        {
            _faults.Add(new ConfigFault(Place(_source, second.Start), "", "one document", "a second one"));
        }

        // A file of comments alone is an empty scalar to YAML, and an empty configuration to us.
        return root is ScalarNode { Text.Length: 0, Quoted: false } ? null : root;
    }

    private ConfigNode ReadNode(string path, int depth)
    {
        var current = _parser.Current ?? throw new YamlException("the text ends too early");
        var mark = Place(_source, current.Start);
        if (depth > MaxDepth)
        {
            throw new YamlException(current.Start, current.End, $"nested deeper than {MaxDepth}");
        }

        if (current is NodeEvent node && (!node.Anchor.IsEmpty || current is AnchorAlias))
        {
            throw new YamlException(current.Start, current.End, "anchors and aliases are not used here");
        }

        switch (current)
        {
            case Scalar scalar:
                _parser.MoveNext();
                return new ScalarNode(mark, scalar.Value, scalar.Style is not ScalarStyle.Plain);
            case SequenceStart:
                return ReadList(mark, path, depth);
            case MappingStart:
                return ReadMap(mark, path, depth);
            default:
                throw new YamlException(current.Start, current.End, "anchors and aliases are not used here");
        }
    }

    private ListNode ReadList(ConfigMark mark, string path, int depth)
    {
        _parser.Consume<SequenceStart>();
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        return new ListNode(mark, items.ToImmutable());
    }

    private MapNode ReadMap(ConfigMark mark, string path, int depth)
    {
        _parser.Consume<MappingStart>();
        var entries = ImmutableArray.CreateBuilder<MapEntry>();
        var seen = new Dictionary<string, ConfigMark>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Consume<Scalar>();
            var place = Place(_source, key.Start);
            var keyPath = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            var value = ReadNode(keyPath, depth + 1);
            if (seen.TryAdd(key.Value, place))
            {
                entries.Add(new MapEntry(key.Value, place, value));
            }
            else
            {
                var first = seen[key.Value];
                _faults.Add(new ConfigFault(place, keyPath, "each key once", $"'{key.Value}' again (first at {first.Line}:{first.Column})"));
            }
        }

        return new MapNode(mark, entries.ToImmutable());
    }

    private static ConfigMark Place(string source, Mark mark) => new(source, (int)mark.Line, (int)mark.Column);
}
