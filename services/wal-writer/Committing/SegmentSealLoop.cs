using System.Threading.Channels;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Committing;

/// <summary>Seals segments that are done, one after the other, and closes their files. Beside the commit path, never in it.</summary>
internal sealed class SegmentSealLoop(
    WriterMetadataClient metadata, Action<WriterSegment> forget, Action<SessionEnd> end, WalWriterMetrics metrics)
{
    // Unbounded, but a segment is in it once and segments come by the minute.
    private readonly Channel<WriterSegment> _done =
        Channel.CreateUnbounded<WriterSegment>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(WriterSegment segment) => _done.Writer.TryWrite(segment);

    /// <summary>Nothing more comes; the loop ends when it has sealed what it has.</summary>
    public void Complete() => _done.Writer.TryComplete();

    public async Task RunAsync(CancellationToken ended)
    {
        await foreach (var segment in _done.Reader.ReadAllAsync(ended))
        {
            if (!segment.IsSealed && !await SealAsync(segment))
            {
                return;
            }

            segment.Slot.Volume.Close(segment.Appender);
            forget(segment);
        }
    }

    private async Task<bool> SealAsync(WriterSegment segment)
    {
        var reply = await metadata.SealSegmentAsync(segment.SegmentId);
        if (reply is null or { Fenced: true })
        {
            end(reply is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
            return false;
        }

        metrics.SegmentSealed(segment.Volume);
        return true;
    }
}
