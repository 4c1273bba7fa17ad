using System.Security.Cryptography;
using Millrace.Journal;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Features.Images;

/// <summary>
/// Writes what is kept of persons so that it is lost with their keys: each part by AES-256-GCM, as facts are (docs/decisions/0003-sealed-facts.md), under its person's key,
/// or under a hash of several. In the open stand only the keys' ids and the length. Not thread-safe.
/// </summary>
/// <param name="keys">The keys, which are kept elsewhere.</param>
/// <param name="place">Names the file, so that no part can be moved into another one.</param>
internal sealed class PersonSealer(ISubjectKeys keys, byte[] place) : IDisposable
{
    internal const int KeyBytes = Aes256Gcm.KeyBytes;

    private const int MostBytes = 1 << 20;

    private readonly MemoryStream _text = new();
    private StateWriter? _writer;

    /// <summary>Parts that were passed over because a key is destroyed.</summary>
    internal int Erased { get; private set; }

    /// <summary>Parts that were not written though nobody is erased: of more people than can be remembered, or too long.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>Seals what <paramref name="write"/> writes, with a set flag before it; writes nothing at all when a key is gone, or when it is longer than any part may be.</summary>
    /// <returns>Whether it was written.</returns>
    internal bool Seal<T>(Sealing by, T value, Action<StateWriter, T> write, StateWriter to)
    {
        LeftOut += by.IsOfMany ? 1 : 0;
        var secret = (stackalloc byte[KeyBytes]);
        if (!by.CanSeal || !TrySecret(by.Owners, secret))
        {
            return false;
        }

        _text.SetLength(0);
        var writer = _writer ??= new StateWriter(_text);
        foreach (ref readonly var owner in by.Owners)
        {
            writer.Hash(owner.Subject);
        }

        write(writer, value);
        writer.Flush();
        if (_text.Length > MostBytes)
        {
            LeftOut++;
            secret.Clear();
            return false;
        }

        var text = _text.GetBuffer().AsSpan(0, (int)_text.Length);
        var nonce = (stackalloc byte[Aes256Gcm.NonceBytes]);
        var tag = (stackalloc byte[Aes256Gcm.TagBytes]);
        SubjectSealer.Seal(secret, nonce, text, tag, place);
        to.Flag(true);
        to.Count(by.Owners.Length);
        foreach (ref readonly var owner in by.Owners)
        {
            to.Number((ulong)owner.Key);
        }

        to.Raw(nonce);
        to.Raw(tag);
        to.Bytes(text);
        return true;
    }

    /// <summary>The next part, whose flag has been read, as text to read; null when a key of it is destroyed.</summary>
    /// <exception cref="InvalidDataException">It is not what was sealed.</exception>
    internal (StateReader Text, Sealing By)? Open(StateReader from)
    {
        var owners = new (ulong Subject, long Key)[from.Count(Sealing.Most)];
        foreach (ref var owner in owners.AsSpan())
        {
            owner.Key = (long)from.Number();
        }

        var nonce = (stackalloc byte[Aes256Gcm.NonceBytes]);
        var tag = (stackalloc byte[Aes256Gcm.TagBytes]);
        from.Raw(nonce);
        from.Raw(tag);
        var cipher = from.Bytes(MostBytes);
        var secret = (stackalloc byte[KeyBytes]);
        if (owners.Length == 0 || !TrySecret(owners, secret))
        {
            Erased++;
            return null;
        }

        var opened = Aes256Gcm.TryDecrypt(secret, nonce, cipher, tag, place, cipher);
        CryptographicOperations.ZeroMemory(secret);
        if (!opened)
        {
            throw from.Bad("a sealed part", "one that its key does not open");
        }

        var text = new StateReader(cipher);
        foreach (ref var owner in owners.AsSpan())
        {
            owner.Subject = text.Hash();
        }

        return (text, Sealing.Of(owners));
    }

    public void Dispose() => _text.Dispose();

    private bool TrySecret(ReadOnlySpan<(ulong Subject, long Key)> owners, Span<byte> secret)
    {
        if (owners.Length == 1)
        {
            return keys.TryRead(owners[0].Key, secret);
        }

        Span<byte> all = stackalloc byte[Sealing.Most * KeyBytes];
        all = all[..(owners.Length * KeyBytes)];
        var found = true;
        for (var i = 0; i < owners.Length; i++)
        {
            found &= keys.TryRead(owners[i].Key, all.Slice(i * KeyBytes, KeyBytes));
        }

        SHA256.HashData(all, secret);
        CryptographicOperations.ZeroMemory(all);
        return found;
    }
}
