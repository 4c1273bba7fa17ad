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
    /// <param name="part">What is to be hidden.</param>
    /// <param name="to">Where to.</param>
    internal static void Write(ReadOnlySpan<byte> secret, byte[] place, StateImage part, StateWriter to)
    {
        Span<byte> salt = stackalloc byte[SaltBytes];
        RandomNumberGenerator.Fill(salt);
        to.Raw(salt);
        using var blocks = new Hiding(HMACSHA256.HashData(secret, salt), place, to);
        var writer = new StateWriter(blocks);
        part(writer);
        writer.Flush();
        blocks.End();
    }

    /// <summary>The hidden part that comes next, to be read to its end.</summary>
    internal static StateReader Read(ReadOnlySpan<byte> secret, byte[] place, StateReader from)
    {
        Span<byte> salt = stackalloc byte[SaltBytes];
        from.Raw(salt);
        return new StateReader(new Finding(HMACSHA256.HashData(secret, salt), place, from));
    }

    private static void Number(Span<byte> nonce, long block) => BinaryPrimitives.WriteInt64LittleEndian(nonce, block);

    private abstract class Blocks : Stream
    {
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
    }

    private sealed class Hiding(byte[] key, byte[] place, StateWriter to) : Blocks
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

        internal void End()
        {
            Seal([]);
            CryptographicOperations.ZeroMemory(key);
        }

        private void Seal(Span<byte> text)
        {
            var nonce = (stackalloc byte[Aes256Gcm.NonceBytes]);
            var tag = (stackalloc byte[Aes256Gcm.TagBytes]);
            nonce.Clear();
            Number(nonce, _block++);
            Aes256Gcm.Encrypt(key, nonce, text, tag, place);
            to.Raw(tag);
            to.Bytes(text);
        }
    }

    private sealed class Finding(byte[] key, byte[] place, StateReader from) : Blocks
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
            if (!Aes256Gcm.TryDecrypt(key, nonce, cipher, tag, place, cipher))
            {
                throw from.Bad("a hidden part", "one that this data directory's secret does not open");
            }

            (_text, _next, _ended) = (cipher, 0, cipher.Length == 0);
        }
    }
}
