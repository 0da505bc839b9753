using System.Net.Sockets;

namespace Spillway.Raft.Transport;

/// <summary>Serves snapshot files: a few at a time, each no faster than allowed, and tells how it ended.</summary>
internal sealed class SnapshotSender(TransportContext context, IRaftReceiver receiver)
{
    private const int ServedMax = 4;

    private int _served;

    /// <summary>Answers the greeting and sends the file, if there is one. Ends without an exception.</summary>
    public async Task ServeAsync(RaftConnection connection, Greeting greeting, CancellationToken ct)
    {
        var delivered = false;
        try
        {
            if (Interlocked.Increment(ref _served) > ServedMax)
            {
                await AnswerAsync(connection, HandshakeStatus.Busy, 0, ct).ConfigureAwait(false);
                return;
            }

            var file = receiver.OpenSnapshot(greeting.Snapshot);
            if (file is null)
            {
                await AnswerAsync(connection, HandshakeStatus.NoSnapshot, 0, ct).ConfigureAwait(false);
                return;
            }

            await using (file.ConfigureAwait(false))
            {
                RaftTransportLog.ServingSnapshot(context.Logger, greeting.Snapshot.Index, greeting.From, file.Length);
                await AnswerAsync(connection, HandshakeStatus.Welcome, file.Length, ct).ConfigureAwait(false);
                await SendAsync(connection, greeting.From, file, ct).ConfigureAwait(false);
            }

            delivered = true;
            RaftTransportLog.SnapshotServed(context.Logger, greeting.From);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            RaftTransportLog.SnapshotNotServed(context.Logger, greeting.From, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _served);
            receiver.SnapshotServed(greeting.From, delivered);
        }
    }

    private async Task SendAsync(RaftConnection connection, ulong nodeId, Stream file, CancellationToken ct)
    {
        var piece = new byte[SnapshotChunk.HeaderBytes + SnapshotChunk.ContentBytesMax];
        var content = piece.AsMemory(SnapshotChunk.HeaderBytes);
        var started = context.Time.GetTimestamp();
        var (sent, total) = (0L, 0u);
        while (sent < file.Length)
        {
            var read = await file.ReadAtLeastAsync(
                content, content.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            if (read == 0)
            {
                throw new RaftConnectException("the file is shorter than it was");
            }

            total = Crc32C.Append(total, content.Span[..read]);
            SnapshotChunk.WriteHeader(piece, read, Crc32C.Compute(content.Span[..read]));
            await WriteAsync(connection, piece.AsMemory(0, SnapshotChunk.HeaderBytes + read), ct).ConfigureAwait(false);
            sent += read;
            context.Metrics.SnapshotSent(nodeId, read);
            await PaceAsync(started, sent, ct).ConfigureAwait(false);
        }

        SnapshotChunk.WriteHeader(piece, 0, total);
        await WriteAsync(connection, piece.AsMemory(0, SnapshotChunk.HeaderBytes), ct).ConfigureAwait(false);

        using var deadline = new Deadline(context.Options.SnapshotStallMax, context.Time, ct);
        await connection.Stream.ReadExactlyAsync(piece.AsMemory(0, 1), deadline.Token).ConfigureAwait(false);
        if (piece[0] != SnapshotChunk.Received)
        {
            throw new RaftConnectException("it did not take it");
        }
    }

    private async Task WriteAsync(RaftConnection connection, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        using var deadline = new Deadline(context.Options.SnapshotStallMax, context.Time, ct);
        try
        {
            await connection.Stream.WriteAsync(bytes, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw new RaftConnectException("it stopped reading");
        }
    }

    private async Task PaceAsync(long started, long sent, CancellationToken ct)
    {
        var due = TimeSpan.FromSeconds((double)sent / context.Options.SnapshotBytesPerSecond);
        var ahead = due - context.Time.GetElapsedTime(started);
        if (ahead > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(ahead, context.Time, ct).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(
        RaftConnection connection, HandshakeStatus status, long fileBytes, CancellationToken ct) =>
        await connection.Stream.WriteAsync(HandshakeFormat.WriteAnswer(status, (ulong)fileBytes), ct).ConfigureAwait(false);
}
