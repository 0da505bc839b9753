using System.Buffers;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Wal;
using Spillway.Tool.CommandLine;
using Xunit;

namespace Spillway.Tool.Tests.Objects;

public sealed class ObjectInspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string ObjectPath => Path.Combine(_folder.Path, "test.obj");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_golden_object_is_shown_as_it_was_meant()
    {
        var run = await ToolRun.Of("object", "inspect", ToolRun.Golden("object-v1.golden"), "--blocks", "--verify");

        Assert.Equal((ExitCode.Sound, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            """
            size     625 bytes (625 B)
            footer   version 1, mixed, object id 123456789012
            index    3 data blocks, 192 bytes at 369

            log            offsets                       records  blocks  position  bytes  max timestamp
            3              1099511627776..1099511627785  10       2       0         308    2023-11-14T22:13:20.500Z
            2199023255552  0..0                          1        1       308       61     -

            block of log   offsets                       records  position  bytes  max timestamp             crc32c
            3              1099511627776..1099511627778  3        0         157    2023-11-14T22:13:20.000Z  c5858ca3
            3              1099511627779..1099511627785  7        157       151    2023-11-14T22:13:20.500Z  dcc914dc
            2199023255552  0..0                          1        308       61     -                         158623c7

            sound: footer, index and 3 data blocks of 3

            """.ReplaceLineEndings("\n"),
            run.Output[(run.Output.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
    }

    [Fact]
    public async Task Records_are_shown_with_key_and_value()
    {
        await WriteObjectAsync();

        var run = await ToolRun.Of("object", "inspect", ObjectPath, "--records", "3", "--json");

        Assert.Equal(ExitCode.Sound, run.ExitCode);
        Assert.Equal(
            [(7, 100, "k0", "hello"), (7, 101, "k1", null), (9, 5, null, "0x00ff")],
            run.Json.GetProperty("records").EnumerateArray().Select(r => (
                r.GetProperty("logId").GetInt32(),
                r.GetProperty("offset").GetInt32(),
                r.TryGetProperty("key", out var key) ? key.GetString() : null,
                r.TryGetProperty("value", out var value) ? value.GetString() : null)));
    }

    [Fact]
    public async Task One_log_alone_can_be_looked_at()
    {
        await WriteObjectAsync();

        var run = await ToolRun.Of("object", "inspect", ObjectPath, "--records=9", "--log=9", "--json");

        Assert.Equal([5], run.Json.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("offset").GetInt32()));
    }

    /// <summary>Every bit of the object is covered by some check, or is one of the few that nothing depends on.</summary>
    [Fact]
    public async Task A_flipped_byte_is_found_wherever_it_is()
    {
        await WriteObjectAsync();
        var bytes = await File.ReadAllBytesAsync(ObjectPath, TestContext.Current.CancellationToken);

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;
            await File.WriteAllBytesAsync(ObjectPath, bytes, TestContext.Current.CancellationToken);
            var run = await ToolRun.Of("object", "inspect", ObjectPath, "--verify");

            Assert.True(run.ExitCode == ExitCode.Damaged, $"byte {i}: exit code {run.ExitCode}");
            Assert.Contains(i < bytes.Length - ObjectFormat.FooterBytes - (2 * ObjectFormat.IndexEntryBytes) ? "DAMAGED  data block" : "cannot be read",
                run.Output + run.Errors, StringComparison.Ordinal);
            bytes[i] ^= 0x10;
        }
    }

    [Fact]
    public async Task An_object_that_was_cut_off_is_damaged_and_one_that_is_not_there_is_not()
    {
        await WriteObjectAsync();
        await using (var file = File.OpenWrite(ObjectPath))
        {
            file.SetLength(file.Length - 1);
        }

        Assert.Equal(ExitCode.Damaged, (await ToolRun.Of("object", "inspect", ObjectPath)).ExitCode);
        Assert.Equal(ExitCode.Unavailable, (await ToolRun.Of("object", "inspect", ObjectPath + ".not")).ExitCode);
    }

    private async Task WriteObjectAsync()
    {
        using var writer = new ObjectWriter(4711, ObjectKind.Mixed);
        var builder = new RecordBatchBuilder();
        builder.Append(1_700_000_000_000, "k0"u8.ToArray(), "hello"u8.ToArray());
        builder.Append(1_700_000_000_001, "k1"u8.ToArray(), null);
        Append(writer, 7, 100, builder.Build());
        builder.Reset();
        builder.Append(1_700_000_000_002, null, [0x00, 0xff]);
        Append(writer, 9, 5, builder.Build());
        await File.WriteAllBytesAsync(
            ObjectPath, writer.Complete(BufferPool.Shared).Bytes.ToArray(), TestContext.Current.CancellationToken);
    }

    private static void Append(ObjectWriter writer, long logId, long baseOffset, byte[] batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        using var buffer = BufferPool.Shared.Rent(batch.Length);
        batch.CopyTo(buffer.Span);
        writer.Append(new LogId(logId), baseOffset, baseOffset + header.LastOffsetDelta, buffer, 0, batch.Length);
    }
}
