using System.Buffers.Binary;

namespace Millrace.CacheSim.Traces;

/// <summary>libCacheSim's oracleGeneral records. Their time and next access are passed over: the one decides nothing, the other we compute.</summary>
internal static class OracleGeneralTrace
{
    private const int RecordBytes = 24;
    private const int Key = 4;
    private const int Size = 12;

    public static void Read(Stream bytes, Action<ulong, long> add)
    {
        var buffer = new byte[RecordBytes * 4096];
        for (var record = 0L; ;)
        {
            var read = bytes.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            for (var at = 0; at + RecordBytes <= read; at += RecordBytes)
            {
                record++;
                add(BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(at + Key)), BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + Size)));
            }

            if (read % RecordBytes != 0)
            {
                throw new InvalidDataException($"record {record + 1}: {read % RecordBytes} bytes of {RecordBytes}; the file is cut short or no oracleGeneral trace.");
            }

            if (read < buffer.Length)
            {
                return;
            }
        }
    }
}
