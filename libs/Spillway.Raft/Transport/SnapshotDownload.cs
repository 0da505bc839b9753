using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>Fetches a snapshot file from another node. Stateless.</summary>
internal sealed class SnapshotDownload(TransportContext context, RaftConnector connector)
{
    /// <summary>Writes the whole file to <paramref name="destination"/>, each piece checked before it is written.</summary>
    /// <exception cref="IOException">It could not be fetched wholly; what was written is worth nothing.</exception>
    public async Task RunAsync(ulong from, string address, SnapshotId id, Stream destination, CancellationToken ct)
    {
        var (connection, detail) = await connector.ConnectAsync(
            from, address, ConnectionPurpose.Snapshot, id, ct).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (detail < SnapshotHeader.Bytes || detail > (ulong)context.Options.SnapshotBytesMax)
            {
                throw new RaftConnectException($"a snapshot of {detail} bytes is not one to fetch");
            }

            await ReadAsync(connection, (long)detail, destination, ct).ConfigureAwait(false);
            await connection.Stream.WriteAsync(new[] { SnapshotChunk.Received }, ct).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(RaftConnection connection, long fileBytes, Stream destination, CancellationToken ct)
    {
        var buffer = new byte[SnapshotChunk.ContentBytesMax];
        var total = 0u;
        for (var left = fileBytes; ;)
        {
            await FillAsync(connection, buffer.AsMemory(0, SnapshotChunk.HeaderBytes), ct).ConfigureAwait(false);
            var (contentBytes, checksum) = SnapshotChunk.ReadHeader(buffer);
            if (contentBytes == 0 && left == 0)
            {
                if (checksum != total)
                {
                    throw new RaftConnectException("the snapshot's checksum is wrong");
                }

                return;
            }

            if (contentBytes <= 0 || contentBytes > buffer.Length || contentBytes > left)
            {
                throw new RaftConnectException($"a piece of {contentBytes} bytes, where {left} are left");
            }

            var content = buffer.AsMemory(0, contentBytes);
            await FillAsync(connection, content, ct).ConfigureAwait(false);
            if (Crc32C.Compute(content.Span) != checksum)
            {
                throw new RaftConnectException("a piece's checksum is wrong");
            }

            total = Crc32C.Append(total, content.Span);
            await destination.WriteAsync(content, ct).ConfigureAwait(false);
            left -= contentBytes;
        }
    }

    private async Task FillAsync(RaftConnection connection, Memory<byte> buffer, CancellationToken ct)
    {
        using var deadline = new Deadline(context.Options.SnapshotStallMax, context.Time, ct);
        try
        {
            await connection.Stream.ReadExactlyAsync(buffer, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw new RaftConnectException("the snapshot stopped coming");
        }
    }
}
