using System.Buffers;
using System.Text.Json;
using Spillway.History.Events;

namespace Spillway.History.Files;

/// <summary>
/// One event as one line of JSON. The names are short because there are millions of lines:
/// <c>t</c> outcome, <c>f</c> operation or step, <c>p</c> process, <c>i</c> id, <c>w</c> and <c>m</c> wall and monotonic microseconds, <c>s</c>
/// steps, <c>k</c> partition, <c>g</c> group, <c>r</c> runs of [offset, value, count], <c>e</c> error, <c>x</c> text, <c>c</c> client settings.
/// </summary>
/// <remarks>
/// {"t":"ok","f":"send","p":3,"i":17,"w":1700000000000000,"m":81234567,"s":[{"f":"send","k":"chaos-0","r":[[57,3000017,10]]}]}
/// </remarks>
public static class HistoryJson
{
    /// <summary>Writes the event and a line end.</summary>
    public static void Write(IBufferWriter<byte> output, HistoryEvent line)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("t"u8, Names<Outcome>.Of(line.Outcome));
            json.WriteString("f"u8, Names<Operation>.Of(line.Operation));
            json.WriteNumber("p"u8, line.Process);
            json.WriteNumber("i"u8, line.Id);
            json.WriteNumber("w"u8, line.WallMicros);
            json.WriteNumber("m"u8, line.MonotonicMicros);
            WriteClient(json, line.Client);
            WriteText(json, "e"u8, line.Error);
            WriteText(json, "x"u8, line.Text);
            WriteSteps(json, line.Steps);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Reads one line without its end.</summary>
    public static HistoryEvent Read(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        Outcome? outcome = null;
        Operation? operation = null;
        var (process, id, wall, monotonic) = (0, 0L, 0L, 0L);
        string? error = null, text = null;
        ClientSettings? client = null;
        List<Step> steps = [];
        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json, out var name))
        {
            switch (name)
            {
                case 't': outcome = Names<Outcome>.Read(ref json); break;
                case 'f': operation = Names<Operation>.Read(ref json); break;
                case 'p': process = json.GetInt32(); break;
                case 'i': id = json.GetInt64(); break;
                case 'w': wall = json.GetInt64(); break;
                case 'm': monotonic = json.GetInt64(); break;
                case 'e': error = json.GetString(); break;
                case 'x': text = json.GetString(); break;
                case 'c': client = ReadClient(ref json); break;
                case 's': steps = ReadSteps(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new HistoryEvent
        {
            Outcome = outcome ?? throw new JsonException("no outcome"),
            Operation = operation ?? throw new JsonException("no operation"),
            Process = process,
            Id = id,
            WallMicros = wall,
            MonotonicMicros = monotonic,
            Error = error,
            Text = text,
            Client = client,
            Steps = steps,
        };
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteClient(Utf8JsonWriter json, ClientSettings? client)
    {
        if (client is null)
        {
            return;
        }

        json.WriteStartObject("c"u8);
        json.WriteBoolean("i"u8, client.Idempotent);
        json.WriteBoolean("d"u8, client.MayDuplicate);
        json.WriteBoolean("c"u8, client.ReadCommitted);
        json.WriteEndObject();
    }

    private static ClientSettings ReadClient(ref Utf8JsonReader json)
    {
        var (idempotent, mayDuplicate, readCommitted) = (false, false, false);
        while (NextName(ref json, out var name))
        {
            switch (name)
            {
                case 'i': idempotent = json.GetBoolean(); break;
                case 'd': mayDuplicate = json.GetBoolean(); break;
                case 'c': readCommitted = json.GetBoolean(); break;
                default: json.Skip(); break;
            }
        }

        return new ClientSettings { Idempotent = idempotent, MayDuplicate = mayDuplicate, ReadCommitted = readCommitted };
    }

    private static void WriteSteps(Utf8JsonWriter json, IReadOnlyList<Step> steps)
    {
        if (steps.Count == 0)
        {
            return;
        }

        json.WriteStartArray("s"u8);
        foreach (var step in steps)
        {
            json.WriteStartObject();
            json.WriteString("f"u8, Names<StepKind>.Of(step.Kind));
            json.WriteString("k"u8, step.Key);
            WriteText(json, "g"u8, step.Group);
            json.WriteStartArray("r"u8);
            foreach (var run in step.Runs)
            {
                json.WriteStartArray();
                json.WriteNumberValue(run.Offset);
                json.WriteNumberValue(run.Value);
                json.WriteNumberValue(run.Count);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static List<Step> ReadSteps(ref Utf8JsonReader json)
    {
        List<Step> steps = [];
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            StepKind? kind = null;
            var key = "";
            string? group = null;
            List<RecordRun> runs = [];
            while (NextName(ref json, out var name))
            {
                switch (name)
                {
                    case 'f': kind = Names<StepKind>.Read(ref json); break;
                    case 'k': key = json.GetString() ?? ""; break;
                    case 'g': group = json.GetString(); break;
                    case 'r': runs = ReadRuns(ref json); break;
                    default: json.Skip(); break;
                }
            }

            steps.Add(new Step(kind ?? throw new JsonException("a step of no kind"), key, runs, group));
        }

        return steps;
    }

    private static List<RecordRun> ReadRuns(ref Utf8JsonReader json)
    {
        List<RecordRun> runs = [];
        while (json.Read() && json.TokenType == JsonTokenType.StartArray)
        {
            var (offset, value, count) = (ReadNumber(ref json), ReadNumber(ref json), ReadNumber(ref json));
            Expect(ref json, JsonTokenType.EndArray);
            runs.Add(new RecordRun(offset, value, count));
        }

        return runs;
    }

    private static long ReadNumber(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number);
        return json.GetInt64();
    }

    /// <summary>The next property's name, of one letter, with the reader at its value; false at the object's end.</summary>
    private static bool NextName(ref Utf8JsonReader json, out char name)
    {
        name = '\0';
        if (!json.Read() || json.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        name = json.ValueSpan.Length == 1 ? (char)json.ValueSpan[0] : '?';
        return json.Read();
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token)
    {
        if (!json.Read() || json.TokenType != token)
        {
            throw new JsonException($"{token} expected and {json.TokenType} found");
        }
    }
}
