namespace Spillway.Testing.Wal;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("spillway-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
