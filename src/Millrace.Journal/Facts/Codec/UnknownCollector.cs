using System.Buffers;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Gathers the fields that a reader does not know.</summary>
internal sealed class UnknownCollector
{
    private ArrayBufferWriter<byte>? _open;
    private ArrayBufferWriter<byte>? _sealed;

    public UnknownFields Fields => new(_open?.WrittenMemory ?? default, _sealed?.WrittenMemory ?? default);

    public void Open(ReadOnlySpan<byte> field) => (_open ??= new ArrayBufferWriter<byte>()).Write(field);

    public void Sealed(ReadOnlySpan<byte> field) => (_sealed ??= new ArrayBufferWriter<byte>()).Write(field);
}
