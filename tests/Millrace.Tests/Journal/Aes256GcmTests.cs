using System.Security.Cryptography;
using CsCheck;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Tests.Journal;

public sealed class Aes256GcmTests
{
    private static readonly Gen<(byte[] Key, byte[] Nonce, byte[] Text, byte[] Open)> Message =
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[12], Gen.Byte.Array[0, 300], Gen.Byte.Array[0, 300]);

    [Fact]
    public void The_authors_test_case_16_comes_out()
    {
        // McGrew and Viega, The Galois/Counter Mode of Operation, appendix B.
        var key = Convert.FromHexString("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        var text = Convert.FromHexString("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
        var tag = new byte[16];
        Aes256Gcm.Encrypt(key, Convert.FromHexString("cafebabefacedbaddecaf888"), text, tag, Convert.FromHexString("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        Assert.Equal("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662", Convert.ToHexStringLower(text));
        Assert.Equal("76fc6ece0f4e1768cddf8853bb2d551b", Convert.ToHexStringLower(tag));
    }

    [Fact]
    public void Both_implementations_write_the_same_bytes_and_read_each_others() => Message.Sample(
        (key, nonce, text, open) =>
        {
            var (ours, theirs) = (text.ToArray(), text.ToArray());
            var (ourTag, theirTag) = (new byte[16], new byte[16]);
            Aes256Gcm.Encrypt(key, nonce, ours, ourTag, open);
            Aes256Gcm.EncryptManaged(key, nonce, theirs, theirTag, open);
            Assert.Equal(theirs, ours);
            Assert.Equal(theirTag, ourTag);
            var (one, other) = (new byte[text.Length], new byte[text.Length]);
            Assert.True(Aes256Gcm.TryDecrypt(key, nonce, theirs, theirTag, open, one));
            Assert.True(Aes256Gcm.TryDecryptManaged(key, nonce, ours, ourTag, open, other));
            Assert.Equal(text, one);
            Assert.Equal(text, other);
        },
        iter: 500);

    [Fact]
    public void A_bit_changed_anywhere_is_refused() => Gen.Select(Message, Gen.Int[0, 100_000]).Sample(
        (message, bit) =>
        {
            var (key, nonce, text, open) = message;
            var tag = new byte[16];
            Aes256Gcm.Encrypt(key, nonce, text, tag, open);
            byte[][] parts = [.. new[] { key, nonce, text, tag, open }.Where(p => p.Length > 0)];
            var part = parts[bit % parts.Length];
            part[bit % part.Length] ^= (byte)(1 << (bit % 8));
            Assert.False(Aes256Gcm.TryDecrypt(key, nonce, text, tag, open, new byte[text.Length]));
            Assert.False(Aes256Gcm.TryDecryptManaged(key, nonce, text, tag, open, new byte[text.Length]));
        },
        iter: 500);

    [Fact]
    public void Parts_of_a_wrong_length_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => Aes256Gcm.Encrypt(new byte[16], new byte[12], [], new byte[16], []));
        Assert.ThrowsAny<ArgumentException>(() => Aes256Gcm.Encrypt(new byte[32], new byte[11], [], new byte[16], []));
        Assert.ThrowsAny<ArgumentException>(() => Aes256Gcm.Encrypt(new byte[32], new byte[12], [], new byte[15], []));
        Assert.ThrowsAny<ArgumentException>(() => Aes256Gcm.TryDecrypt(new byte[32], new byte[12], new byte[3], new byte[16], [], new byte[2]));
    }

    [Fact]
    public void Nonces_do_not_come_twice()
    {
        var nonces = Enumerable.Range(0, 10_000).AsParallel().Select(_ =>
        {
            var nonce = new byte[SubjectSealer.NonceBytes];
            SubjectSealer.Seal(RandomNumberGenerator.GetBytes(32), nonce, [], new byte[SubjectSealer.TagBytes], []);
            return Convert.ToHexString(nonce);
        });
        Assert.Equal(10_000, nonces.Distinct().Count());
    }
}
