using System.Text;

namespace Millrace.Node.Configuration;

/// <summary>docs/CONFIGURATION.md, written from the declarations; a test keeps the two the same.</summary>
internal static class ConfigReference
{
    private const string Head = """
        # Configuration

        One file, `millrace.yaml`, describes a node; every setting has a default, so a node starts without one. This page is written by
        `millrace config reference > docs/CONFIGURATION.md` from the declarations in `src/Millrace/Node/Configuration/NodeShape.cs`; a test holds them equal.
        [examples/millrace.yaml](../examples/millrace.yaml) is a whole example, [schema/millrace.schema.json](../schema/millrace.schema.json) is for editors.

        ## Precedence

        Flag, environment, file, default: the first that gives a setting wins.

        - Flags: `--set path=value` for any setting (`--set listen.api=:9001`), `--data DIR` for `node.data`, `--log json|text` for `log.format`.
        - Environment: `MILLRACE_` and the path, with `_` for each dot and before each capital: `limits.requestBody` is `MILLRACE_LIMITS_REQUEST_BODY`. Lists and
          maps are given whole, as YAML: `MILLRACE_ROUTES='[{match: "*/*", origin: "http://127.0.0.1:9000"}]'`. A variable that names no setting is a fault.
        - File: `--config FILE`, else `MILLRACE_CONFIG`, else `./millrace.yaml` if it is there.

        `millrace config print` shows the result. `millrace validate` prints the faults of all settings at once, as `file:line:column path: expected …, got …, did you mean …`; policies
        and features are compared with each other when each is right by itself. It also reads the certificates and looks at the folders that are named; whether those can be
        written and ports are free, `millrace doctor` tries. `MILLRACE_KEY` holds the key that commands ask a running node with, and is no setting.

        ## Reload

        SIGHUP or a change of the file reads everything again. Settings marked ↻ change in the running node, requests in hand keep what they began with; other changes
        are named in the log and wait for a restart. A file with faults is refused with all of them in the log, and the last good configuration stays in force, whole:
        `millrace_config_refused` is 1 and `millrace_config_reloads_total{outcome="refused"}` grows. While the journal cannot take the policies the outcome is `postponed`,
        and the reload is tried again by itself.

        Features, and popular lists of policies, that the running node does not keep are folded from the journal beside those that serve; the log says every few seconds how
        far that is, `GET /v1/features` at any time. They take over between two epochs, and policies and surfaces of that file that need them come into force with them,
        never before; a file whose policies the serving features can serve has its policies in force at once. Until then memory holds both, so leave as much room as the
        features take. Another reload replaces what is under way. A node that ends meanwhile starts from the file. Features that look further back than the running
        journal keeps events are refused until a restart.

        ## Settings

        """;

    private const string Tail = """

        ## Exit codes

        | code | meaning |
        |---|---|
        | 0 | it did what was asked |
        | 1 | it failed for a reason that none of the others names |
        | 2 | the command line was not understood |
        | 3 | the configuration was refused |
        | 4 | another process holds the data directory |
        | 5 | the journal is damaged below its durable mark |
        | 6 | a listener's port is taken |
        | 7 | the data directory, the cache's folder or the access log cannot be read or written |
        | 8 | a check of `millrace doctor` failed |
        | 9 | the drain was cut short: by a second signal, or by `limits.drain` |
        | 10 | the log does not know what was to be evaluated: neither pass nor fail |

        """;

    /// <summary>Markdown, ending in a line feed.</summary>
    public static string Text()
    {
        var text = new StringBuilder(Head);
        foreach (var section in NodeShape.Root.Fields)
        {
            text.Append($"\n### {section.Name}{(section.Reloads ? " ↻" : "")}\n\n{section.Says}\n\n| setting | expected | default | why this default |\n|---|---|---|---|\n");
            Rows(text, section.Name, section.Shape);
        }

        return text.Append(Tail).ToString().ReplaceLineEndings("\n");
    }

    private static void Rows(StringBuilder text, string path, Shape shape)
    {
        switch (shape)
        {
            case ObjectShape mapping:
                foreach (var field in mapping.Fields)
                {
                    var inner = $"{path}.{field.Name}";
                    if (field.Shape is not ObjectShape)
                    {
                        Row(text, inner, field);
                    }

                    Rows(text, inner, field.Shape);
                }

                break;
            case ListShape list:
                Rows(text, path + "[]", list.Item);
                break;
            case MapShape map:
                Rows(text, path + ".*", map.Value);
                break;
        }
    }

    private static void Row(StringBuilder text, string path, Field field)
    {
        var fallback = field.Default is not null ? $"`{field.Default}`" : field.Required ? "required" : "none";
        text.Append($"| `{path}`{(field.Reloads ? " ↻" : "")} | {field.Says} {Cell(field.Shape.Expected)} | {fallback} | {Cell(field.Why)} |\n");
    }

    private static string Cell(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].Replace("|", "\\|", StringComparison.Ordinal) + ".";
}
