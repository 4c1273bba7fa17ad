using CsCheck;
using Millrace.Flywheel;
using Millrace.Journal;

namespace Millrace.Tests.Flywheel;

public sealed class DeliveryTokenTests
{
    private static readonly UnixMicros Now = new(1_800_000_000 * UnixMicros.PerSecond);
    private static readonly DeliveryTokens Tokens = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    private static DeliveryToken Sample(string decision = "0199f000-0000-7000-8000-000000000001", string item = "article-7") =>
        new("default", decision, item, 3, Now + TimeSpan.FromHours(1));

    [Fact]
    public void A_token_says_what_was_signed()
    {
        var text = Gen.String[Gen.Char.AlphaNumeric, 1, 128];
        var gen = Gen.Select(Gen.OneOf(Gen.Guid.Select(id => id.ToString("D")), text), text, Gen.Int[1, 100], Gen.Select(text, Gen.Bool, (slot, has) => has ? slot : null));
        gen.Sample((decision, item, rank, slot) =>
        {
            var token = new DeliveryToken("default", decision, item, rank, Now + TimeSpan.FromHours(1), slot);
            return Tokens.Verify(Tokens.Sign(token), "default", Now, out var read) == TokenFault.None && read == token;
        });
    }

    /// <summary>As a node of the release before slots signed it: its clients still hold such tokens for a day.</summary>
    [Fact]
    public void A_token_of_version_1_is_read_and_says_no_slot()
    {
        const string signed = "AWMNzSkQ4ElrAwAAAZnwAAAAcACAAAAAAAAAAQlhcnRpY2xlLTes8b-GusLCYDJof23oVgiV";
        Assert.Equal(signed, Tokens.Sign(Sample()));
        Assert.Equal(TokenFault.None, Tokens.Verify(signed, "default", Now, out var read));
        Assert.Equal((3, null), (read!.Rank, read.Slot));
    }

    [Fact]
    public void Every_single_character_changed_is_refused()
    {
        var signed = Tokens.Sign(Sample());
        for (var i = 0; i < signed.Length; i++)
        {
            foreach (var other in "ABab01-_".Where(c => c != signed[i]))
            {
                var changed = signed[..i] + other + signed[(i + 1)..];
                Assert.NotEqual(TokenFault.None, Tokens.Verify(changed, "default", Now, out var read));
                Assert.Null(read);
            }
        }
    }

    [Fact]
    public void Every_truncation_and_random_text_is_refused()
    {
        var signed = Tokens.Sign(Sample());
        for (var length = 0; length < signed.Length; length++)
        {
            Assert.NotEqual(TokenFault.None, Tokens.Verify(signed.AsSpan(0, length), "default", Now, out _));
        }

        Gen.String.Sample(text => Tokens.Verify(text, "default", Now, out _) != TokenFault.None);
    }

    [Fact]
    public void A_token_of_another_key_is_foreign()
    {
        var other = new DeliveryTokens(new byte[32]);
        Assert.Equal(TokenFault.Foreign, Tokens.Verify(other.Sign(Sample()), "default", Now, out _));
    }

    [Fact]
    public void A_token_of_another_tenant_is_refused() =>
        Assert.Equal(TokenFault.Forged, Tokens.Verify(Tokens.Sign(Sample()), "other", Now, out _));

    [Fact]
    public void An_expired_token_is_refused_from_its_last_second_on()
    {
        var signed = Tokens.Sign(Sample());
        Assert.Equal(TokenFault.None, Tokens.Verify(signed, "default", Now + TimeSpan.FromMinutes(59), out _));
        Assert.Equal(TokenFault.Expired, Tokens.Verify(signed, "default", Now + TimeSpan.FromHours(1), out _));
    }
}
