using System.Security.Cryptography;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// Seals and opens with AES-256-GCM. Ciphers are cached by key id in a table of fixed size, where a newcomer evicts whoever shares its place: building
/// a cipher costs more than sealing 100 bytes with it.
/// </summary>
internal sealed class SubjectSealer(ISubjectKeys keys) : IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    private const int SecretBytes = 32;
    private const int CachedCiphers = 4096;

    private readonly Place[] _places = CreatePlaces();
    private long _destructions = keys.Destructions;

    public long IdOf(string tenant, string subject) => keys.IdOf(tenant, subject);

    /// <summary>Encrypts in place. False when the key was destroyed meanwhile.</summary>
    public bool Seal(long key, ReadOnlySpan<byte> nonce, Span<byte> text, Span<byte> tag, ReadOnlySpan<byte> open)
    {
        var place = PlaceOf(key);
        lock (place)
        {
            var cipher = place.Take(key, keys);
            cipher?.Encrypt(nonce, text, text, tag, open);
            return cipher is not null;
        }
    }

    /// <summary>
    /// Decrypts into <paramref name="text"/>. False when the key is destroyed or lost; also when it is another one than that which sealed, for the
    /// record's checksum has vouched for the bytes already.
    /// </summary>
    public bool Open(long key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> sealedText, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> open, Span<byte> text)
    {
        var place = PlaceOf(key);
        lock (place)
        {
            try
            {
                var cipher = place.Take(key, keys);
                cipher?.Decrypt(nonce, sealedText, tag, text, open);
                return cipher is not null;
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }
        }
    }

    public void Dispose() => Empty();

    private static Place[] CreatePlaces()
    {
        var places = new Place[CachedCiphers];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new Place();
        }

        return places;
    }

    private Place PlaceOf(long key)
    {
        var destructions = keys.Destructions;
        if (destructions != Volatile.Read(ref _destructions))
        {
            Empty();
            Volatile.Write(ref _destructions, destructions);
        }

        return _places[(int)((ulong)key % CachedCiphers)];
    }

    private void Empty()
    {
        foreach (var place in _places)
        {
            lock (place)
            {
                place.Empty();
            }
        }
    }

    private sealed class Place
    {
        private long _key;
        private AesGcm? _cipher;

        public AesGcm? Take(long key, ISubjectKeys keys)
        {
            if (_key == key && _cipher is not null)
            {
                return _cipher;
            }

            var secret = (stackalloc byte[SecretBytes]);
            if (!keys.TryRead(key, secret))
            {
                return null;
            }

            _cipher?.Dispose();
            (_key, _cipher) = (key, new AesGcm(secret, TagBytes));
            CryptographicOperations.ZeroMemory(secret);
            return _cipher;
        }

        public void Empty()
        {
            _cipher?.Dispose();
            _cipher = null;
        }
    }
}
