using System.Buffers;

namespace Millrace.Delivery.Keys;

/// <summary>A key as it is formed for one request, in room that the next request uses again. What must outlive the request takes it with it (<see cref="Own"/>).</summary>
internal sealed class KeyBuffer
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private int _authority;
    private int _target;
    private UInt128? _hash;
    private CacheKey? _owned;

    public bool IsEmpty => _bytes.WrittenCount == 0;

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Host and port, without the scheme's own port.</summary>
    public ReadOnlySpan<byte> Authority => _bytes.WrittenSpan[_authority.._target];

    /// <summary>The target that the key names: what the origin is asked for.</summary>
    public ReadOnlySpan<byte> Target => _bytes.WrittenSpan[_target..];

    /// <summary>Where the target is written, once it has begun and before anything is read.</summary>
    public IBufferWriter<byte> Writer => _bytes;

    public UInt128 Hash => _hash ??= CacheKey.HashOf(Bytes);

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        (_hash, _owned) = (null, null);
    }

    /// <summary>Writes scheme and authority, the latter without the scheme's own port.</summary>
    public void Begin(bool isSecure, ReadOnlySpan<byte> authority)
    {
        Clear();
        _bytes.Write(isSecure ? "https://"u8 : "http://"u8);
        _authority = _bytes.WrittenCount;
        var port = isSecure ? ":443"u8 : ":80"u8;
        _bytes.Write(authority.EndsWith(port) ? authority[..^port.Length] : authority);
        _target = _bytes.WrittenCount;
    }

    /// <summary>Writes a piece of the target.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        (_hash, _owned) = (null, null);
    }

    /// <summary>The key as an object of its own; one per request however often it is asked for.</summary>
    public CacheKey Own() => _owned ??= CacheKey.Of(Bytes, Hash);
}
