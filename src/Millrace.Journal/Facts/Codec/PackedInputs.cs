using System.Collections.Immutable;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// The inputs of a full decision record, as fields of their own, so that they may grow: a field that this release does not know is passed over,
/// and lost if the record is written again.
/// </summary>
internal static class PackedInputs
{
    public static void Write(DecisionInputs inputs, FieldWriter writer)
    {
        writer.Text(1, inputs.Request);
        writer.Signed(2, inputs.Now.Value);
        Ids(writer, 3, inputs.Candidates);
        if (!inputs.Sources.IsDefaultOrEmpty)
        {
            var start = writer.Begin(4);
            writer.Varint((ulong)inputs.Sources.Length);
            foreach (var bits in inputs.Sources)
            {
                writer.Varint(bits);
            }

            writer.End(start);
        }

        Ids(writer, 5, inputs.Providers);
        PackedTexts.Write(writer, 6, inputs.Features);
        if (!inputs.Matrix.IsDefaultOrEmpty)
        {
            var start = writer.Begin(7);
            var rows = inputs.Candidates.IsDefault ? 0 : inputs.Candidates.Length;
            PackedMatrix.Write(writer, inputs.Matrix.AsSpan(), rows, inputs.Features.IsDefault ? 0 : inputs.Features.Length);
            writer.End(start);
        }

        PackedTexts.Write(writer, 8, inputs.Pins);
        PackedTexts.Write(writer, 9, inputs.Skipped);
        if (!inputs.Given.IsDefaultOrEmpty)
        {
            var start = writer.Begin(10);
            writer.Varint((ulong)inputs.Given.Length);
            var before = 0;
            foreach (var cell in inputs.Given)
            {
                writer.Varint((ulong)(cell - before));
                before = cell;
            }

            writer.End(start);
        }

        Ids(writer, 11, inputs.LeftOut);
    }

    public static DecisionInputs Read(ByteCursor bytes)
    {
        var request = "";
        var now = default(UnixMicros);
        ImmutableArray<string> candidates = [], providers = [], leftOut = [], features = [], pins = [], skipped = [];
        ImmutableArray<uint> sources = [];
        ImmutableArray<float> matrix = [];
        ImmutableArray<int> given = [];
        var fields = new FieldReader(bytes.Rest);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 1: request = fields.Text(); break;
                case 2: now = new UnixMicros(fields.Signed()); break;
                case 3: candidates = Ids(fields.Bytes()); break;
                case 4: sources = Sources(fields.Bytes()); break;
                case 5: providers = Ids(fields.Bytes()); break;
                case 6: features = PackedTexts.ReadWords(fields.Bytes()); break;
                case 7: matrix = Matrix(fields.Bytes()); break;
                case 8: pins = PackedTexts.Read(fields.Bytes()); break;
                case 9: skipped = PackedTexts.Read(fields.Bytes()); break;
                case 10: given = Given(fields.Bytes()); break;
                case 11: leftOut = Ids(fields.Bytes()); break;
                default: break;
            }
        }

        return new DecisionInputs
        {
            Request = request,
            Now = now,
            Candidates = candidates,
            Sources = sources,
            Providers = providers,
            Features = features,
            Matrix = matrix,
            Pins = pins,
            Skipped = skipped,
            Given = given,
            LeftOut = leftOut,
        };
    }

    private static void Ids(FieldWriter writer, int number, ImmutableArray<string> ids)
    {
        if (!ids.IsDefaultOrEmpty)
        {
            var start = writer.Begin(number);
            PackedIds.Write(writer, ids.AsSpan());
            writer.End(start);
        }
    }

    private static ImmutableArray<string> Ids(ByteCursor cursor) => PackedIds.Read(ref cursor);

    private static ImmutableArray<float> Matrix(ByteCursor cursor) => PackedMatrix.Read(ref cursor);

    private static ImmutableArray<int> Given(ByteCursor cursor)
    {
        var given = new int[cursor.Count()];
        var before = 0;
        for (var i = 0; i < given.Length; i++)
        {
            before += (int)cursor.Varint();
            given[i] = before;
        }

        return [.. given];
    }

    private static ImmutableArray<uint> Sources(ByteCursor cursor)
    {
        var sources = new uint[cursor.Count()];
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i] = (uint)cursor.Varint();
        }

        return [.. sources];
    }
}
