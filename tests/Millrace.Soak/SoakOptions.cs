namespace Millrace.Soak;

/// <summary>A run's size and what is planted in it.</summary>
internal sealed record SoakOptions
{
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(2);

    public int Seed { get; init; } = 1;

    public int Objects { get; init; } = 1_000;

    /// <summary>Requests a second over all clients.</summary>
    public int Rate { get; init; } = 300;

    public int Clients { get; init; } = 24;

    /// <summary>Largest body in bytes: the tail of the sizes.</summary>
    public long MaxBytes { get; init; } = 40L << 20;

    /// <summary>A fault of the fleet's that the oracle must see; empty for a clean run.</summary>
    public string Plant { get; init; } = "";

    /// <summary>Whether purges go to the edges alone, which must then hold through the shields as well.</summary>
    public bool EdgePurges { get; init; }

    /// <summary>No kills, reloads, storms or members that go away: load and purges alone.</summary>
    public bool Calm { get; init; }

    /// <summary>The folder of the nodes' data; it stays when something was found.</summary>
    public string Work { get; init; } = "";

    /// <summary>Reads <c>[MINUTES [SEED]] [--objects N] [--rate N] [--clients N] [--max-bytes N] [--plant NAME] [--edge-purges] [--calm] [--work DIR]</c>.</summary>
    /// <exception cref="FormatException">An argument was not understood.</exception>
    public static SoakOptions Parse(ReadOnlySpan<string> arguments)
    {
        var (options, plain) = (new SoakOptions(), 0);
        while (!arguments.IsEmpty)
        {
            var name = arguments[0];
            arguments = arguments[1..];
            if (name is "--edge-purges" or "--calm")
            {
                options = name == "--calm" ? options with { Calm = true } : options with { EdgePurges = true };
                continue;
            }

            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                options = plain++ switch
                {
                    0 => options with { Duration = TimeSpan.FromMinutes(Number<double>(name)) },
                    1 => options with { Seed = Number<int>(name) },
                    _ => throw new FormatException($"unexpected: {name}"),
                };
                continue;
            }

            var value = arguments.IsEmpty ? throw new FormatException($"{name} needs a value") : arguments[0];
            arguments = arguments[1..];
            options = name switch
            {
                "--objects" => options with { Objects = Number<int>(value) },
                "--rate" => options with { Rate = Number<int>(value) },
                "--clients" => options with { Clients = Number<int>(value) },
                "--max-bytes" => options with { MaxBytes = Number<long>(value) },
                "--plant" => options with { Plant = value },
                "--work" => options with { Work = value },
                _ => throw new FormatException($"unexpected: {name}"),
            };
        }

        return options;
    }

    private static T Number<T>(string text)
        where T : IParsable<T> => T.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
