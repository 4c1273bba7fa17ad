using Millrace.Features.Numerics;

namespace Millrace.Tests.Features;

/// <summary>
/// The bits of Exp and Log for ever: scores of recorded decisions hang on them. Computed once in another language's doubles from the same series; each lies within
/// 0.7 units in the last place of the value to 400 bits.
/// </summary>
public sealed class ExpLogGoldenTests
{
    [Theory]
    [InlineData(1.0, 0x4005BF0A8B14576AuL)]
    [InlineData(-1.0, 0x3FD78B56362CEF38uL)]
    [InlineData(0.5, 0x3FFA61298E1E069CuL)]
    [InlineData(-0.6931471805599453, 0x3FE0000000000000uL)]
    [InlineData(10.0, 0x40D5829DCF950560uL)]
    [InlineData(-10.0, 0x3F07CD79B5647C9AuL)]
    [InlineData(1e-9, 0x3FF000000044B830uL)]
    [InlineData(88.7228, 0x47EFFFADFA7DB737uL)]
    [InlineData(-87.33654, 0x38100004FB384CA0uL)]
    [InlineData(700.0, 0x7F0D945DF4F8EC8EuL)]
    [InlineData(-700.0, 0x00D14F2B0FB9307FuL)]
    [InlineData(709.78, 0x7FEFE9CE5C4C52B4uL)]
    [InlineData(-740.0, 0x0000000000000055uL)]
    [InlineData(3.141592653589793, 0x403724046EB09339uL)]
    public void Exp_gives_the_bits_that_it_always_gave(double x, ulong bits) => Assert.Equal(bits, BitConverter.DoubleToUInt64Bits(Deterministic.Exp(x)));

    [Theory]
    [InlineData(2.0, 0x3FE62E42FEFA39EFuL)]
    [InlineData(0.5, 0xBFE62E42FEFA39EFuL)]
    [InlineData(10.0, 0x40026BB1BBB55516uL)]
    [InlineData(1.0000000000000002, 0x3CAFFFFFFFFFFFFFuL)]
    [InlineData(0.9999999999999999, 0xBCA0000000000000uL)]
    [InlineData(1.4142135623730951, 0x3FD62E42FEFA39F0uL)]
    [InlineData(1.414213562373095, 0x3FD62E42FEFA39EEuL)]
    [InlineData(2.718281828459045, 0x3FF0000000000000uL)]
    [InlineData(1e-300, 0xC085963447F87FB5uL)]
    [InlineData(5e-324, 0xC0874385446D71C3uL)]
    [InlineData(1.7976931348623157e+308, 0x40862E42FEFA39EFuL)]
    [InlineData(123456789.0, 0x4032A1A38BD0540AuL)]
    [InlineData(0.1, 0xC0026BB1BBB55515uL)]
    [InlineData(101.0, 0x401275E2271BBA31uL)]
    public void Log_gives_the_bits_that_it_always_gave(double x, ulong bits) => Assert.Equal(bits, BitConverter.DoubleToUInt64Bits(Deterministic.Log(x)));
}
