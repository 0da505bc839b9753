using Spillway.Testing.Wal;
using Spillway.Tool.CommandLine;
using Xunit;

namespace Spillway.Tool.Tests.Wal;

public sealed class WalInspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string SegmentPath => Path.Combine(_folder.Path, "segment.wal");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_golden_segment_is_shown_as_it_was_meant()
    {
        var run = await ToolRun.Of("wal", "inspect", ToolRun.Golden("segment-v1.golden"), "--batches", "--verify");

        Assert.Equal((ExitCode.Sound, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            """
            size     20480 bytes (20 KiB)
            header   segment 42, writer 7, writer epoch 3
            created  2023-11-14T22:13:20.000Z
            cluster  00112233-4455-6677-8899-aabbccddeeff

            block  position  head  payload  batches
            1      4096      96    522      2
            2      8192      80    4161     1

            batch of block  log  at   bytes  records  producer  sequence  max timestamp
            1               11   0    161    1        -         -         2023-11-14T22:13:20.000Z
            1               12   161  361    1        -         -         2023-11-14T22:13:20.000Z
            2               11   0    4161   1        -         -         2023-11-14T22:13:20.000Z

            zeros    4096 bytes at 16384
            2 blocks, all intact

            """.ReplaceLineEndings("\n"),
            run.Output[(run.Output.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>Which byte is changed, and what is then said of it. The segment: header, block 1 at 4096, block 2 at 8192, zeros at 16384.</summary>
    [Theory]
    [InlineData(4096 + 70, "4096 bytes at 4096: a torn block (sequence 1, 522 bytes of payload) whose header or directory has a wrong checksum")]
    [InlineData(4096 + 8, "4096 bytes at 4096: a torn block (sequence 1, 522 bytes of payload) of segment")]
    [InlineData(4096 + 32, "4096 bytes at 4096: a torn block (sequence 1, 522 bytes of payload) that was written for position")]
    [InlineData(4096, "4096 bytes at 4096: bytes that are no block")]
    [InlineData(4096 + 300, "block 1 at 4096: the payload has a wrong checksum")]
    [InlineData(16384 + 1, "4096 bytes at 16384: bytes that are no block")]
    public async Task A_segment_is_torn_where_a_byte_was_changed(int at, string said)
    {
        var bytes = await File.ReadAllBytesAsync(ToolRun.Golden("segment-v1.golden"), TestContext.Current.CancellationToken);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(SegmentPath, bytes, TestContext.Current.CancellationToken);

        var run = await ToolRun.Of("wal", "inspect", SegmentPath, "--verify");

        Assert.Equal((ExitCode.Leftovers, ""), (run.ExitCode, run.Errors));
        Assert.Contains(said, run.Output, StringComparison.Ordinal);
        Assert.Contains(at < 16384 ? "torn at 1 place;" : "2 blocks, torn at 1 place;", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_a_header_is_no_segment()
    {
        var bytes = await File.ReadAllBytesAsync(ToolRun.Golden("segment-v1.golden"), TestContext.Current.CancellationToken);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(SegmentPath, bytes, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Damaged, (await ToolRun.Of("wal", "inspect", SegmentPath)).ExitCode);
        Assert.Equal(ExitCode.Unavailable, (await ToolRun.Of("wal", "inspect", SegmentPath + ".not")).ExitCode);
    }

    [Fact]
    public async Task A_segment_of_objects_is_shown_like_a_file()
    {
        await WriteObjectsAsync(blockNumber: 1);

        var run = await ToolRun.Of("wal", "inspect", Path.Combine(_folder.Path, "golden.wal"), "--verify", "--json");

        Assert.Equal((ExitCode.Sound, ""), (run.ExitCode, run.Errors));
        Assert.Equal(42, run.Json.GetProperty("segmentId").GetInt32());
        Assert.Equal(1L << 32, Assert.Single(run.Json.GetProperty("blocks").EnumerateArray()).GetProperty("position").GetInt64());
        Assert.Empty(run.Json.GetProperty("gaps").EnumerateArray());
    }

    [Fact]
    public async Task A_block_under_a_number_that_is_not_its_own_is_told()
    {
        await WriteObjectsAsync(blockNumber: 2);

        var run = await ToolRun.Of("wal", "inspect", Path.Combine(_folder.Path, "golden.wal"));

        Assert.Equal(ExitCode.Leftovers, run.ExitCode);
        Assert.Contains("object 2 is no intact block of this segment", run.Output, StringComparison.Ordinal);
    }

    private async Task WriteObjectsAsync(int blockNumber)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "golden.wal")).FullName;
        var segment = await File.ReadAllBytesAsync(ToolRun.Golden("segment-v1.golden"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, "0000000000"), segment[..4096], TestContext.Current.CancellationToken);
        File.Copy(ToolRun.Golden("s3-block-v1.golden"), Path.Combine(folder, $"{blockNumber:d10}"));
    }
}
