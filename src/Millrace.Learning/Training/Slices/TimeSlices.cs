using System.Runtime.InteropServices;

namespace Millrace.Learning.Training.Slices;

/// <summary>Cuts examples by time, never at random: what a model is judged by comes later than all that it has learnt, as it will in service.</summary>
/// <param name="ValidFrom">Where <see cref="Slice.Valid"/> begins, in Unix µs.</param>
/// <param name="TestFrom">Where <see cref="Slice.Test"/> begins; <see cref="long.MaxValue"/> for none.</param>
/// <param name="Gap">The longest that an outcome may take to come, in µs: what was decided so shortly before a cut is left out.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TimeSlices(long ValidFrom, long TestFrom = long.MaxValue, long Gap = 0)
{
    /// <summary>The slice of what was decided at <paramref name="time"/>.</summary>
    public Slice Of(long time) =>
        time >= TestFrom ? Slice.Test
        : time >= TestFrom - Gap && TestFrom != long.MaxValue ? Slice.Gap
        : time >= ValidFrom ? Slice.Valid
        : time >= ValidFrom - Gap && ValidFrom != long.MaxValue ? Slice.Gap
        : Slice.Train;
}
