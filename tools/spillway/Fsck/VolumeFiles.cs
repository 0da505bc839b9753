namespace Spillway.Tool.Fsck;

/// <summary>The files of volumes, by the volume's name and the path below it.</summary>
internal static class VolumeFiles
{
    public static Dictionary<(string Volume, string Path), FileInfo> List(IReadOnlyDictionary<string, string> volumes)
    {
        var files = new Dictionary<(string, string), FileInfo>();
        foreach (var (name, root) in volumes)
        {
            if (!Directory.Exists(root))
            {
                throw new DirectoryNotFoundException($"There is no folder '{root}' for volume {name}.");
            }

            foreach (var file in new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                files[(name, Path.GetRelativePath(root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'))] = file;
            }
        }

        return files;
    }
}
