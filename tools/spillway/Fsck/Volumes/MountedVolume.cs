using Spillway.Rpc.Metadata;

namespace Spillway.Tool.Fsck.Volumes;

/// <summary>A volume that is a folder here; segments are files.</summary>
internal sealed class MountedVolume(string name, string folder) : ISegmentVolume
{
    public Task<IReadOnlyList<VolumeSegment>> ListAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no folder '{folder}' for volume {name}.");
        }

        IReadOnlyList<VolumeSegment> segments =
        [
            .. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => new VolumeSegment(
                name,
                Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'),
                file.Length,
                file.LastWriteTimeUtc)),
        ];
        return Task.FromResult(segments);
    }

    public Task<bool> IsThereAsync(VolumeSegment segment, CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(Path.Combine(folder, segment.Path)));

    public Task<(FsckKind Kind, string Reason)?> FindProblemAsync(
        string path, IndexEntry entry, bool verify, CancellationToken cancellationToken) =>
        Task.FromResult(FindProblem(Path.Combine(folder, path), entry, verify));

    private static (FsckKind Kind, string Reason)? FindProblem(string path, IndexEntry entry, bool verify)
    {
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(file) < entry.Position + entry.Length)
        {
            return (FsckKind.Wrong, $"the file has {RandomAccess.GetLength(file)} bytes only");
        }

        if (!verify)
        {
            return null;
        }

        var bytes = new byte[entry.Length];
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(file, bytes.AsSpan(read), entry.Position + read);
            if (count == 0)
            {
                return (FsckKind.Wrong, "the file ended while it was read");
            }

            read += count;
        }

        return RangeBytes.FindProblem(bytes, entry);
    }
}
