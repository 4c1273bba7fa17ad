using System.Text;
using CsCheck;
using Millrace.Journal.Facts.Codec;

namespace Millrace.Tests.Journal;

public sealed class TextCacheTests
{
    [Fact]
    public void Any_text_comes_back_as_it_is_however_often_and_whatever_stood_in_its_place() =>
        Gen.String[0, 80].Array[1, 400].Sample(texts => Assert.All(texts.Concat(texts), text =>
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            Assert.Equal(Encoding.UTF8.GetString(utf8), TextCache.Text(utf8));
        }));

    [Fact]
    public void Any_uuid_comes_back_as_it_is() =>
        Gen.Guid.Array[1, 400].Sample(ids => Assert.All(ids.Concat(ids).Append(Guid.Empty), id => Assert.Equal(id.ToString("D"), TextCache.Uuid(id.ToByteArray(bigEndian: true)))));

    [Fact]
    public void A_text_that_comes_back_is_the_same_string() => Assert.Same(TextCache.Text("impression"u8), TextCache.Text("impression"u8));
}
