using Spillway.Raft.Files;

namespace Spillway.Raft.Snapshots;

/// <summary>
/// The snapshot files of a folder. Two are kept, and the log back to the older of them, so that damage to the newest
/// costs a longer replay and nothing else. Stateless: the folder is the state.
/// </summary>
internal sealed class SnapshotStore(ILogFolder folder, FolderIdentity identity)
{
    public const int Kept = 2;

    private const string TemporarySuffix = ".tmp";

    /// <summary>Indexes of the snapshots there are, newest first.</summary>
    public IReadOnlyList<ulong> List()
    {
        var indexes = new List<ulong>();
        foreach (var name in folder.List())
        {
            if (SnapshotHeader.TryParseName(name, out var index))
            {
                indexes.Add(index);
            }
        }

        indexes.Sort(static (a, b) => b.CompareTo(a));
        return indexes;
    }

    /// <summary>Writes a snapshot: temporary file, flush, rename, flush of the folder. Durable on return.</summary>
    public SnapshotHeader Write(
        SnapshotId id, IReadOnlyList<SnapshotMember> members, ISnapshotImage image, CancellationToken stopping)
    {
        var name = SnapshotHeader.NameOf(id.Index);
        var temporary = name + TemporarySuffix;
        if (folder.List().Contains(temporary))
        {
            folder.Delete(temporary); // of an attempt that failed
        }

        SnapshotHeader header;
        using (var file = folder.Create(temporary, 0))
        {
            using var content = new SnapshotWriteStream(file, stopping);
            image.WriteTo(content);
            content.Complete();
            header = new SnapshotHeader(
                identity.ClusterId, identity.NodeId, id, content.ContentBytes, content.Checksum, members);
            var page = new byte[SnapshotHeader.Bytes];
            header.WriteTo(page);
            file.Write(page, 0);
            file.FlushAll();
        }

        folder.Rename(temporary, name);
        folder.Flush();
        return header;
    }

    /// <summary>Deletes all but the newest two.</summary>
    public void Prune()
    {
        foreach (var index in List().Skip(Kept))
        {
            folder.Delete(SnapshotHeader.NameOf(index));
        }
    }

    /// <summary>Checks a snapshot wholly, header and content, before anything is loaded from it.</summary>
    /// <returns>Its header, or null with the reason.</returns>
    public SnapshotHeader? Verify(ulong index, out string reason)
    {
        using var file = folder.Open(SnapshotHeader.NameOf(index));
        var page = new byte[SnapshotHeader.Bytes];
        var read = file.Read(page, 0);
        if (SnapshotHeader.Read(page.AsSpan(0, read), out reason) is not { } header)
        {
            return null;
        }

        if (header.ClusterId != identity.ClusterId)
        {
            reason = $"it belongs to cluster {header.ClusterId}";
        }
        else if (header.Id.Index != index)
        {
            reason = $"it says it ends at index {header.Id.Index}";
        }
        else if (file.LengthBytes != SnapshotHeader.Bytes + header.ContentBytes)
        {
            reason = $"it is {file.LengthBytes} bytes long instead of {SnapshotHeader.Bytes + header.ContentBytes}";
        }
        else if (Checksum(file, header.ContentBytes) != header.ContentChecksum)
        {
            reason = "the content's checksum is wrong";
        }

        return reason.Length == 0 ? header : null;
    }

    /// <summary>Gives a verified snapshot's content to <paramref name="load"/>.</summary>
    public void Load(SnapshotHeader header, Action<Stream> load)
    {
        using var file = folder.Open(SnapshotHeader.NameOf(header.Id.Index));
        using var content = new SnapshotReadStream(file, header.ContentBytes);
        load(content);
    }

    private static uint Checksum(ILogFile file, long contentBytes)
    {
        using var content = new SnapshotReadStream(file, contentBytes);
        var buffer = new byte[256 << 10];
        var checksum = 0u;
        for (var read = content.Read(buffer); read > 0; read = content.Read(buffer))
        {
            checksum = Crc32C.Append(checksum, buffer.AsSpan(0, read));
        }

        return checksum;
    }
}
