using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Stores;

/// <summary>Where WAL volumes are mounted, as a command line says it.</summary>
internal static class VolumePaths
{
    public static VerbOption Option { get; } = new("--volume", "NAME=PATH", "a WAL volume and where it is mounted here; once for each");

    /// <summary>Paths by the volumes' names.</summary>
    /// <exception cref="UsageException">One is not both, or a name comes twice.</exception>
    public static Dictionary<string, string> Read(Arguments arguments)
    {
        var volumes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in arguments.All(Option))
        {
            var split = text.IndexOf('=', StringComparison.Ordinal);
            if (split <= 0 || split == text.Length - 1 || !volumes.TryAdd(text[..split], text[(split + 1)..]))
            {
                throw new UsageException($"{Option.Name} is '{text}'; it is {Option.Value}, each name once.");
            }
        }

        return volumes;
    }
}
