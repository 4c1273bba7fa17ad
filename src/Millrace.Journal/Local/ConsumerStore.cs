using System.Buffers.Binary;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The checkpoints of named consumers: one file of 12 bytes each (next offset, CRC-32C), replaced whole, under <c>consumers/NAME/STREAM-PARTITION</c>.
/// </summary>
internal sealed class ConsumerStore
{
    private const int Bytes = 12;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Consumer, JournalStream Stream, int Partition), long> _committed = [];
    private readonly HashSet<string> _durable = []; // Consumers whose directory is.
    private readonly IJournalFiles _files;
    private readonly string _directory;
    private readonly int _maxConsumers;

    /// <exception cref="JournalCorruptException">A checkpoint is damaged.</exception>
    public ConsumerStore(IJournalFiles files, string journal, int maxConsumers)
    {
        (_files, _directory, _maxConsumers) = (files, Path.Combine(journal, "consumers"), maxConsumers);
        DurableFile.CreateDirectory(files, _directory);
        foreach (var (key, next) in Load(_directory))
        {
            _committed[key] = next;
        }
    }

    /// <summary>All checkpoints below a journal's <c>consumers</c> directory.</summary>
    public static IEnumerable<((string Consumer, JournalStream Stream, int Partition) Key, long Next)> Load(string directory)
    {
        if (!Directory.Exists(directory))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".next", StringComparison.Ordinal)))
        {
            var bytes = File.ReadAllBytes(path);
            var parts = Path.GetFileName(path).Split('-');
            if (parts is not [var name, var number] || StreamNames.Parse(name) is not { } stream || !int.TryParse(number, out var partition) ||
                bytes.Length != Bytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)) != Crc32C.Of(bytes.AsSpan(0, 8)))
            {
                throw new JournalCorruptException(path, 0, $"{path}: the consumer's checkpoint is damaged; delete the file to have it begin at the first fact");
            }

            yield return ((Path.GetFileName(Path.GetDirectoryName(path)!), stream, partition), BinaryPrimitives.ReadInt64LittleEndian(bytes));
        }
    }

    /// <summary>The largest offset that any consumer of a partition has dealt with: all before it was durable.</summary>
    public long Furthest(JournalStream stream, int partition)
    {
        lock (_lock)
        {
            return _committed.Where(c => c.Key.Stream == stream && c.Key.Partition == partition).Select(c => c.Value).DefaultIfEmpty(0).Max();
        }
    }

    public long Committed(string consumer, JournalStream stream, int partition)
    {
        lock (_lock)
        {
            return _committed.GetValueOrDefault((consumer, stream, partition));
        }
    }

    public void Commit(string consumer, Position next)
    {
        lock (_lock)
        {
            if (_committed.Keys.All(k => k.Consumer != consumer) && _committed.Keys.Select(k => k.Consumer).Distinct().Count() >= _maxConsumers)
            {
                JournalMetrics.BoundHit("maxConsumers");
                throw new JournalFullException("maxConsumers", $"there are {_maxConsumers} consumers already; '{consumer}' is one too many");
            }

            var directory = Path.Combine(_directory, consumer);
            var bytes = new byte[Bytes];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, next.Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Of(bytes.AsSpan(0, 8)));
            try
            {
                if (!_durable.Contains(consumer))
                {
                    DurableFile.CreateDirectory(_files, directory);
                    _durable.Add(consumer);
                }

                DurableFile.Replace(_files, Path.Combine(directory, $"{StreamNames.Of(next.Stream)}-{next.Partition}"), bytes);
            }
            catch (IOException e)
            {
                throw new JournalFaultException($"cannot write the checkpoint of '{consumer}': {e.Message}", e);
            }

            _committed[(consumer, next.Stream, next.Partition)] = next.Offset;
        }
    }
}
