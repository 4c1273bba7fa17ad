using System.Buffers.Binary;
using System.Security.Cryptography;
using Millrace.Features.Online;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Features.Images;

/// <summary>
/// Hides what is no single person's and yet could be asked for one: hashes of ids and of what people say of themselves, which whoever knows an id could look for. Blocks of
/// AES-256-GCM under a key made of the data directory's secret and a salt, numbered by their nonces; an empty one is the last. What is read back does not depend on the secret.
/// </summary>
internal static class Hidden
{
    private const int SaltBytes = 32;
    private const int MostBlock = 64 * 1024;

    /// <param name="secret">The data directory's.</param>
    /// <param name="place">Names the file, so that nothing can be moved into another one.</param>
    /// <param name="index">Which part of the file it is, so that none can be taken for another.</param>
    /// <param name="part">What is to be hidden.</param>
    /// <param name="to">Where to.</param>
    internal static void Write(ReadOnlySpan<byte> secret, byte[] place, int index, StateImage part, StateWriter to)
    {
        Span<byte> salt = stackalloc byte[SaltBytes];
        RandomNumberGenerator.Fill(salt);
        to.Raw(salt);
        using var blocks = new Hiding(HMACSHA256.HashData(secret, salt), Bound(place, index), to);
        var writer = new StateWriter(blocks);
        part(writer);
        writer.Flush();
        blocks.End();
    }

    /// <summary>Reads the hidden part that comes next.</summary>
    /// <param name="secret">The data directory's.</param>
    /// <param name="place">The file's.</param>
    /// <param name="index">Which part of it is expected.</param>
    /// <param name="from">Where from.</param>
    /// <param name="part">Reads it to its end.</param>
    /// <exception cref="InvalidDataException">It is not what was hidden there, or longer than what is read of it.</exception>
    internal static void Read(ReadOnlySpan<byte> secret, byte[] place, int index, StateReader from, Action<StateReader> part)
    {
        Span<byte> salt = stackalloc byte[SaltBytes];
        from.Raw(salt);
        using var blocks = new Finding(HMACSHA256.HashData(secret, salt), Bound(place, index), from);
        var reader = new StateReader(blocks);
        part(reader);
        if (!reader.AtEnd())
        {
            throw from.Bad("the end of a hidden part", "more bytes");
        }
    }

    private static byte[] Bound(byte[] place, int index)
    {
        var bound = new byte[place.Length + sizeof(int)];
        place.CopyTo(bound, 0);
        BinaryPrimitives.WriteInt32LittleEndian(bound.AsSpan(place.Length), index);
        return bound;
    }

    private static void Number(Span<byte> nonce, long block) => BinaryPrimitives.WriteInt64LittleEndian(nonce, block);

    /// <summary>Holds the key only until it is disposed.</summary>
    private abstract class Blocks(byte[] key) : Stream
    {
        protected byte[] Key => key;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            CryptographicOperations.ZeroMemory(key);
            base.Dispose(disposing);
        }
    }

    private sealed class Hiding(byte[] key, byte[] place, StateWriter to) : Blocks(key)
    {
        private long _block;

        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count)
        {
            for (var left = buffer.AsSpan(offset, count); !left.IsEmpty; left = left[Math.Min(MostBlock, left.Length)..])
            {
                Seal(left[..Math.Min(MostBlock, left.Length)]);
            }
        }

        internal void End() => Seal([]);

        private void Seal(Span<byte> text)
        {
            var nonce = (stackalloc byte[Aes256Gcm.NonceBytes]);
            var tag = (stackalloc byte[Aes256Gcm.TagBytes]);
            nonce.Clear();
            Number(nonce, _block++);
            Aes256Gcm.Encrypt(Key, nonce, text, tag, place);
            to.Raw(tag);
            to.Bytes(text);
        }
    }

    private sealed class Finding(byte[] key, byte[] place, StateReader from) : Blocks(key)
    {
        private long _block;
        private byte[] _text = [];
        private int _next;
        private bool _ended;

        public override bool CanRead => true;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_next == _text.Length && !_ended)
            {
                Open();
            }

            var read = Math.Min(count, _text.Length - _next);
            _text.AsSpan(_next, read).CopyTo(buffer.AsSpan(offset));
            _next += read;
            return read;
        }

        private void Open()
        {
            var nonce = (stackalloc byte[Aes256Gcm.NonceBytes]);
            var tag = (stackalloc byte[Aes256Gcm.TagBytes]);
            nonce.Clear();
            Number(nonce, _block++);
            from.Raw(tag);
            var cipher = from.Bytes(MostBlock);
            if (!Aes256Gcm.TryDecrypt(Key, nonce, cipher, tag, place, cipher))
            {
                throw from.Bad("a hidden part", "one that this data directory's secret does not open");
            }

            (_text, _next, _ended) = (cipher, 0, cipher.Length == 0);
        }
    }
}
