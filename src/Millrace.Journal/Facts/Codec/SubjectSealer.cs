using System.Security.Cryptography;

namespace Millrace.Journal.Facts.Codec;

/// <summary>Seals and opens with AES-256-GCM under the subjects' keys. Holds no key longer than a call, so a destroyed one is gone at once. Thread-safe.</summary>
internal sealed class SubjectSealer(ISubjectKeys keys)
{
    public const int NonceBytes = Aes256Gcm.NonceBytes;
    public const int TagBytes = Aes256Gcm.TagBytes;

    /// <summary>Copies the subject's key, creating it when there is none, for a <see cref="Seal"/> that follows.</summary>
    /// <returns>Its id.</returns>
    public long KeyOf(string tenant, string subject, Span<byte> secret) => keys.Read(tenant, subject, secret);

    /// <summary>Says that what a key was copied for did not happen.</summary>
    public void Abandon(long key) => keys.Abandon(key);

    /// <summary>Encrypts in place under a random nonce, and forgets the key.</summary>
    /// <param name="secret">The key; zeros afterwards.</param>
    /// <param name="nonce">Takes the nonce: 96 random bits may seal 2³² facts of a subject before two alike are likelier than 2⁻³² (NIST SP 800-38D §8.3).</param>
    /// <param name="text">The text, and then its cipher.</param>
    /// <param name="tag">Takes the tag.</param>
    /// <param name="open">What is authenticated beside the text.</param>
    public static void Seal(Span<byte> secret, Span<byte> nonce, Span<byte> text, Span<byte> tag, ReadOnlySpan<byte> open)
    {
        Nonces.Fill(nonce);
        Aes256Gcm.Encrypt(secret, nonce, text, tag, open);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>
    /// Decrypts into <paramref name="text"/>. False when the key is destroyed or lost; also when it is another one than that which sealed, for the
    /// record's checksum has vouched for the bytes already.
    /// </summary>
    public bool Open(long key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> sealedText, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> open, Span<byte> text)
    {
        var secret = (stackalloc byte[Aes256Gcm.KeyBytes]);
        var opened = keys.TryRead(key, secret) && Aes256Gcm.TryDecrypt(secret, nonce, sealedText, tag, open, text);
        CryptographicOperations.ZeroMemory(secret);
        return opened;
    }

    /// <summary>The system's random bytes, drawn a page at a time: a call for 12 of them costs as much as one for 4,096.</summary>
    private static class Nonces
    {
        private const int PageBytes = NonceBytes * 340;

        [ThreadStatic]
        private static byte[]? _page;

        [ThreadStatic]
        private static int _left;

        public static void Fill(Span<byte> nonce)
        {
            var page = _page ??= new byte[PageBytes];
            if (_left == 0)
            {
                RandomNumberGenerator.Fill(page);
                _left = PageBytes;
            }

            page.AsSpan(PageBytes - _left, NonceBytes).CopyTo(nonce);
            _left -= NonceBytes;
        }
    }
}
