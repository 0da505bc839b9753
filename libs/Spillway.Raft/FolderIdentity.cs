using System.Buffers.Binary;
using System.Security.Cryptography;
using Spillway.Raft.Files;

namespace Spillway.Raft;

/// <summary>
/// Whose folder it is, written once and checked at every start, so that a node never continues another's log.
/// File <c>identity</c>, 56 bytes (docs/formats/metadata-log.md): magic u8[8] · version u32 · origin u32 · cluster id
/// u8[16] · node id u64 · instance u64 · CRC-32C of what precedes u32 · zero u32. Version 1 had no origin (zero) and no instance.
/// </summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="NodeId">The node.</param>
/// <param name="Origin">How the folder began.</param>
/// <param name="Instance">
/// Drawn when the folder began: tells a node from one that lost its folder and began again under the same id. 0 in version 1.
/// </param>
internal sealed record FolderIdentity(
    Guid ClusterId, ulong NodeId, FolderOrigin Origin = FolderOrigin.Alone, ulong Instance = 0)
{
    public const int Bytes = 56;

    private const string FileName = "identity";
    private const string TemporaryName = "identity.tmp";
    private const uint Version = 2;
    private const uint VersionWithoutOrigin = 1;
    private const int BytesWithoutInstance = 48;

    private static ReadOnlySpan<byte> Magic => "SPWYNODE"u8;

    /// <summary>Reads and checks the folder's identity, or gives an empty folder one.</summary>
    public static FolderIdentity Establish(ILogFolder folder, ReplicatedLogOptions options, ulong instance)
    {
        var names = folder.List();
        if (!names.Contains(FileName))
        {
            if (names.FirstOrDefault(IsLogFile) is { } orphan)
            {
                throw new LogCorruptException(
                    Path.Combine(folder.Path, orphan), 0, "the folder holds a log but no identity file");
            }

            var origin = options.Join ? FolderOrigin.Joined : FolderOrigin.Founded;
            var fresh = new FolderIdentity(options.ClusterId ?? NewClusterId(), options.NodeId, origin, instance);
            fresh.WriteTo(folder);
            return fresh;
        }

        var identity = Read(folder);
        if (identity.NodeId != options.NodeId || identity.ClusterId != (options.ClusterId ?? identity.ClusterId))
        {
            throw new LogFailedException(
                $"The folder {folder.Path} belongs to node {identity.NodeId} of cluster {identity.ClusterId}, "
                + $"but this is node {options.NodeId} of cluster {options.ClusterId?.ToString() ?? "any"}.");
        }

        return identity;
    }

    public void WriteTo(Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], (uint)Origin);
        ClusterId.TryWriteBytes(bytes[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], Instance);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[48..], Crc32C.Compute(bytes[..48]));
    }

    private void WriteTo(ILogFolder folder)
    {
        if (folder.List().Contains(TemporaryName))
        {
            folder.Delete(TemporaryName);
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        WriteTo(bytes);
        using (var file = folder.Create(TemporaryName, 0))
        {
            file.Write(bytes, 0);
            file.FlushAll();
        }

        folder.Rename(TemporaryName, FileName);
        folder.Flush();
    }

    private static FolderIdentity Read(ILogFolder folder)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        using var file = folder.Open(FileName);
        var read = file.Read(bytes, 0);
        var version = read < BytesWithoutInstance ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var checkedBytes = version == Version ? 48 : 40;
        if (version is not (Version or VersionWithoutOrigin)
            || read < checkedBytes + sizeof(uint)
            || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[checkedBytes..]) != Crc32C.Compute(bytes[..checkedBytes]))
        {
            throw new LogCorruptException(Path.Combine(folder.Path, FileName), 0, "not an identity of a known version");
        }

        return new FolderIdentity(
            new Guid(bytes.Slice(16, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            (FolderOrigin)BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            version == Version ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]) : 0);
    }

    private static bool IsLogFile(string name) =>
        Segments.SegmentHeader.TryParseName(name, out _) || Snapshots.SnapshotHeader.TryParseName(name, out _);

    private static Guid NewClusterId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }
}
