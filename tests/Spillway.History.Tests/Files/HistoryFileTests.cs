using System.Diagnostics;
using System.Text;
using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Files;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.History.Tests.Files;

public sealed class HistoryFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_field_comes_back_as_it_was_written()
    {
        var written = new HistoryEvent
        {
            Outcome = Outcome.Info,
            Operation = Operation.FetchOffsets,
            Process = 7,
            Id = 1L << 40,
            Error = "timeout",
            Text = "two\nlines, \"quoted\"",
            Client = new ClientSettings { Idempotent = true, MayDuplicate = true, ReadCommitted = true },
            Steps =
            [
                Step.Send("chaos-0", new RecordRun(-1, 5, 10), new RecordRun(long.MaxValue - 1, long.MinValue, 1)),
                Step.Committed("group", "chaos-1", 3),
                Step.Rebalance("chaos-1"),
            ],
        };

        var read = Assert.Single(RoundTrip(written));

        Assert.Equal(1, read.Line);
        Assert.Equal(
            (written.Outcome, written.Operation, written.Process, written.Id, written.WallMicros, written.MonotonicMicros),
            (read.Outcome, read.Operation, read.Process, read.Id, read.WallMicros, read.MonotonicMicros));
        Assert.Equal((written.Error, written.Text, written.Client), (read.Error, read.Text, read.Client));
        Assert.Equal(
            written.Steps.Select(static step => (step.Kind, step.Key, step.Group)),
            read.Steps.Select(static step => (step.Kind, step.Key, step.Group)));
        Assert.Equal(written.Steps.SelectMany(static step => step.Runs), read.Steps.SelectMany(static step => step.Runs));
        Assert.InRange(read.WallMicros, 1_600_000_000_000_000, long.MaxValue);
    }

    [Fact]
    public void A_line_is_what_the_other_writers_of_the_format_write()
    {
        const string Text = """
            {"t":"ok","f":"send","p":3,"i":17,"w":1700000000000000,"m":81234567,"s":[{"f":"send","k":"chaos-0","r":[[57,3000017,10]]}]}
            """;

        var read = HistoryJson.Read(Encoding.UTF8.GetBytes(Text));
        var written = new System.Buffers.ArrayBufferWriter<byte>();
        HistoryJson.Write(written, read);

        Assert.Equal(Text + "\n", Encoding.UTF8.GetString(written.WrittenSpan));
    }

    [Theory]
    [InlineData("""{"t":"ok","f":"dance"}""")]
    [InlineData("""{"t":"maybe","f":"send"}""")]
    [InlineData("""{"t":"ok"}""")]
    [InlineData("""{"t":"ok","f":"send","s":[{"f":"send","k":"a-0","r":[[1,2]]}]}""")]
    [InlineData("not json")]
    public void A_line_that_cannot_be_understood_is_refused_by_its_number(string line)
    {
        var path = Path.Combine(_folder.Path, "history.jsonl");
        File.WriteAllText(path, "{\"t\":\"ok\",\"f\":\"note\"}\n" + line + "\n");

        var e = Assert.Throws<InvalidDataException>(() => HistoryReader.Read(path).Count());

        Assert.Contains("line 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_writer_left_unfinished_is_not_read()
    {
        var path = Path.Combine(_folder.Path, "history.jsonl");
        File.WriteAllText(path, "{\"t\":\"ok\",\"f\":\"note\"}\n{\"t\":\"ok\",\"f\":\"no");

        Assert.Single(HistoryReader.Read(path));
    }

    [Fact]
    public void Histories_are_merged_by_time()
    {
        var merged = HistoryReader.Merge([Lines((1, 10), (1, 30)), Lines((2, 20), (2, 20)), Lines()]);

        Assert.Equal([(1, 10L), (2, 20L), (2, 20L), (1, 30L)], merged.Select(static line => (line.Process, line.MonotonicMicros)));
    }

    [Fact]
    public void Times_do_not_go_back_however_many_write()
    {
        var path = Path.Combine(_folder.Path, "history.jsonl");
        using (var writer = new HistoryWriter(path))
        {
            Parallel.For(0, 4, process =>
            {
                for (var i = 0; i < 2_000; i++)
                {
                    writer.Write(new HistoryEvent { Outcome = Outcome.Invoke, Operation = Operation.Poll, Process = process, Id = i });
                }
            });
        }

        var read = HistoryReader.Read(path).ToList();

        Assert.Equal(8_000, read.Count);
        Assert.Equal(read.Select(static line => line.MonotonicMicros).Order(), read.Select(static line => line.MonotonicMicros));
        Assert.All(
            read.GroupBy(static line => line.Process),
            static lines => Assert.Equal(Enumerable.Range(0, 2_000).Select(static i => (long)i), lines.Select(static line => line.Id)));
    }

    /// <summary>What a soak writes: the checker takes it line by line, and its memory is that of the records, not of the lines.</summary>
    [Fact]
    public void A_million_records_are_checked_in_seconds()
    {
        var path = Path.Combine(_folder.Path, "history.jsonl");
        const int SendCount = 100_000;
        const int RecordsPerSend = 10;
        using (var writer = new HistoryWriter(path))
        {
            writer.Write(Event(Outcome.Ok, Operation.Open, 1, 0));
            for (var i = 0L; i < SendCount; i++)
            {
                var (key, offset) = ($"chaos-{i % 8}", i / 8 * RecordsPerSend);
                var run = new RecordRun(offset, i * RecordsPerSend, RecordsPerSend);
                writer.Write(Event(Outcome.Invoke, Operation.Send, 1, i, Step.Send(key, run with { Offset = -1 })));
                writer.Write(Event(Outcome.Ok, Operation.Send, 1, i, Step.Send(key, run)));
                writer.Write(Event(Outcome.Ok, Operation.Poll, 2, i, Step.Poll(key, run)));
            }

            writer.Write(Event(Outcome.Ok, Operation.Final, 0, 0));
        }

        var before = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        var report = HistoryChecker.Check(HistoryReader.Read(path));

        var allocatedBytes = GC.GetTotalAllocatedBytes() - before;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {allocatedBytes >> 20} MiB allocated, {new FileInfo(path).Length >> 20} MiB read");
        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(SendCount * RecordsPerSend, report.Statistics.RecordsPolled);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 30);
    }

    public void Dispose() => _folder.Dispose();

    private static HistoryEvent Event(Outcome outcome, Operation operation, int process, long id, params Step[] steps) =>
        new() { Outcome = outcome, Operation = operation, Process = process, Id = id, Steps = steps };

    private static IEnumerable<HistoryEvent> Lines(params (int Process, long Time)[] lines) => lines.Select(static line =>
        new HistoryEvent { Outcome = Outcome.Ok, Operation = Operation.Note, Process = line.Process, MonotonicMicros = line.Time });

    private IEnumerable<HistoryEvent> RoundTrip(params HistoryEvent[] lines)
    {
        var path = Path.Combine(_folder.Path, "history.jsonl");
        using (var writer = new HistoryWriter(path))
        {
            Array.ForEach(lines, writer.Write);
        }

        return HistoryReader.Read(path);
    }
}
