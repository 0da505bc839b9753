namespace Spillway.Testing.Wal;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
/// <param name="parent">Where it is to be; null: where the machine has its temporary files.</param>
public sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    /// <summary>The folder.</summary>
    public string Path { get; } = parent is null
        ? Directory.CreateTempSubdirectory("spillway-test-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"spillway-test-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
