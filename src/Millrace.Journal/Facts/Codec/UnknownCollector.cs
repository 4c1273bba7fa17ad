using System.Buffers;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Gathers the fields that a reader does not know.</summary>
/// <param name="wasPlain">Whether the sealed part stands plain.</param>
internal struct UnknownCollector(bool wasPlain)
{
    private ArrayBufferWriter<byte>? _open;
    private ArrayBufferWriter<byte>? _sealed;

    public readonly UnknownFields Fields => new(_open?.WrittenMemory ?? default, _sealed?.WrittenMemory ?? default) { WasPlain = wasPlain };

    public void Open(ReadOnlySpan<byte> field) => (_open ??= new ArrayBufferWriter<byte>()).Write(field);

    public void Sealed(ReadOnlySpan<byte> field) => (_sealed ??= new ArrayBufferWriter<byte>()).Write(field);
}
