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
    private const string FetchedName = "snapshot-fetched.tmp";

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
        SnapshotId id, IReadOnlyList<GroupMember> members, ISnapshotImage image, CancellationToken stopping)
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

    /// <summary>
    /// The snapshot a new group begins with, on each of its first voters: index 1, term 1, who the voters are, and the state that is given,
    /// or no content, which stands for the state as it is made.
    /// </summary>
    public SnapshotHeader WriteFirst(IReadOnlyList<GroupMember> voters, Action<Stream>? writeState)
    {
        using var image = new BufferedSnapshotImage();
        writeState?.Invoke(image);
        return Write(new SnapshotId(1, 1), voters, image, CancellationToken.None);
    }

    /// <summary>Opens the newest snapshot for reading as a file, if its index is as large; else null. For any thread.</summary>
    public Stream? OpenNewest(ulong leastIndex)
    {
        // The one that was just listed may be gone by now, for a newer one.
        for (var attempt = 0; attempt < Kept + 1; attempt++)
        {
            if (List() is not [var newest, ..] || newest < leastIndex)
            {
                return null;
            }

            try
            {
                return new SnapshotFileStream(folder.Open(SnapshotHeader.NameOf(newest)));
            }
            catch (FileNotFoundException)
            {
                continue;
            }
        }

        return null;
    }

    /// <summary>An empty file for a snapshot that is fetched; in place of what is left of another one.</summary>
    public ILogFile CreateFetched()
    {
        DeleteFetched();
        return folder.Create(FetchedName, 0);
    }

    /// <summary>Checks a fetched snapshot wholly, and makes it durable under its temporary name.</summary>
    public SnapshotHeader? VerifyFetched(bool wholly, out string reason)
    {
        using var file = folder.Open(FetchedName);
        var header = Verify(file, wholly, out reason);
        if (header is not null)
        {
            file.FlushAll();
        }

        return header;
    }

    /// <summary>Gives a fetched snapshot its name. Durable on return.</summary>
    public void AdoptFetched(SnapshotHeader header)
    {
        folder.Rename(FetchedName, SnapshotHeader.NameOf(header.Id.Index));
        folder.Flush();
    }

    public void DeleteFetched()
    {
        if (folder.List().Contains(FetchedName))
        {
            folder.Delete(FetchedName);
        }
    }

    /// <summary>Checks a snapshot wholly, header and content, before anything is loaded from it.</summary>
    /// <returns>Its header, or null with the reason.</returns>
    public SnapshotHeader? Verify(ulong index, out string reason)
    {
        using var file = folder.Open(SnapshotHeader.NameOf(index));
        var header = Verify(file, wholly: true, out reason);
        if (header is not null && header.Id.Index != index)
        {
            reason = $"it says it ends at index {header.Id.Index}";
            header = null;
        }

        return header;
    }

    /// <summary>Gives a verified snapshot's content to <paramref name="load"/>, unless there is none: a new group's.</summary>
    public void Load(SnapshotHeader header, Action<Stream> load)
    {
        if (header.ContentBytes == 0)
        {
            return;
        }

        using var file = folder.Open(SnapshotHeader.NameOf(header.Id.Index));
        using var content = new SnapshotReadStream(file, header.ContentBytes);
        load(content);
    }

    private SnapshotHeader? Verify(ILogFile file, bool wholly, out string reason)
    {
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
        else if (wholly && file.LengthBytes != SnapshotHeader.Bytes + header.ContentBytes)
        {
            reason = $"it is {file.LengthBytes} bytes long instead of {SnapshotHeader.Bytes + header.ContentBytes}";
        }
        else if (wholly && Checksum(file, header.ContentBytes) != header.ContentChecksum)
        {
            reason = "the content's checksum is wrong";
        }

        return reason.Length == 0 ? header : null;
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
