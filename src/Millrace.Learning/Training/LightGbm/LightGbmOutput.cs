namespace Millrace.Learning.Training.LightGbm;

/// <summary>What <see cref="LightGbmBooster"/> computes per row; the numbers are the C API's.</summary>
internal enum LightGbmOutput
{
    Transformed = 0,
    Raw = 1,
    Contributions = 3,
}
