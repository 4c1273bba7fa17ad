using Millrace.Features.Numerics;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Bench.OffPolicy;

/// <summary>
/// A world of single actions of which everything is known: contexts of unequal frequency, clicks of probabilities between 2 and 30 %, a policy that logs unevenly and another that is judged. A person makes one to three
/// decisions in one context, and is fonder of clicking than others or less: decisions of one person are not independent.
/// </summary>
internal sealed class ActionWorld
{
    public const int Contexts = 4;
    public const int Actions = 6;

    private readonly double[] _often = [0.4, 0.3, 0.2, 0.1];
    private readonly double[][] _clicks;
    private readonly double[][] _logging;
    private readonly double[][] _target;

    public ActionWorld()
    {
        _clicks = Table(static (c, a) => 0.02 + (0.28 * Unit(c, a, 1)));
        _logging = [.. Table(static (c, a) => 0.15 + Unit(c, a, 2)).Select(Normal)];
        _target = [.. Table((c, a) => 0.05 + Math.Pow(_clicks[c][a] * 4, 2) + (0.3 * Unit(c, a, 3))).Select(Normal)];
        Truth = Enumerable.Range(0, Contexts).Sum(c => _often[c] * _target[c].Zip(_clicks[c], static (p, q) => p * q).Sum());
        WeightBound = Enumerable.Range(0, Contexts).Max(c => _target[c].Zip(_logging[c], static (p, q) => p / q).Max());
    }

    /// <summary>What the judged policy earns.</summary>
    public double Truth { get; }

    /// <summary>The greatest weight there can be.</summary>
    public double WeightBound { get; }

    /// <summary>A log of so many decisions, with the word of a model that was cross-fitted on it.</summary>
    public IEnumerable<LoggedAction> Log(ulong seed, int decisions)
    {
        var log = Draw(seed, decisions).ToArray();
        var model = new TabularModel(folds: 5);
        foreach (var (person, context, action, click) in log)
        {
            model.Add(person, Cell(context, action), click);
        }

        foreach (var (person, context, action, click) in log)
        {
            var direct = 0.0;
            for (var a = 0; a < Actions; a++)
            {
                direct += _target[context][a] * model.Word(person, Cell(context, a));
            }

            yield return new LoggedAction(person, _logging[context][action], _target[context][action], click, model.Word(person, Cell(context, action)), direct);
        }
    }

    internal static double Unit(int c, int a, ulong of) => Philox.ToUnit(Philox.Draw(of, (ulong)c, (ulong)a).First);

    internal static double[] Normal(double[] weights) => [.. weights.Select(weight => weight / weights.Sum())];

    internal static int Pick(double[] probabilities, double unit)
    {
        var at = 0;
        while (at < probabilities.Length - 1 && unit >= probabilities[at])
        {
            unit -= probabilities[at++];
        }

        return at;
    }

    private IEnumerable<(ulong Person, int Context, int Action, int Click)> Draw(ulong seed, int decisions)
    {
        var person = 0UL;
        for (var i = 0; i < decisions; person++)
        {
            var (first, second) = Philox.Draw(seed, person, 0);
            var context = Pick(_often, Philox.ToUnit(first));

            // Half as fond or half again: the mean stays.
            var fond = 0.5 + Philox.ToUnit(second);
            for (var more = Philox.ToIndex(Philox.Draw(seed, person, 1).First, 3); more >= 0 && i < decisions; more--, i++)
            {
                var (act, click) = Philox.Draw(seed, person, 2 + (ulong)more);
                var action = Pick(_logging[context], Philox.ToUnit(act));
                yield return (person, context, action, Philox.ToUnit(click) < fond * _clicks[context][action] ? 1 : 0);
            }
        }
    }

    private static ulong Cell(int context, int action) => (ulong)((context * Actions) + action);

    private static double[][] Table(Func<int, int, double> of) => [.. Enumerable.Range(0, Contexts).Select(c => Enumerable.Range(0, Actions).Select(a => of(c, a)).ToArray())];
}
