using Spillway.EndToEnd.Tests.Processes;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.EndToEnd.Tests.Life;

/// <summary>Where a cluster keeps its objects: an S3 server, under a prefix of its own, where one is named; else a folder.</summary>
internal sealed class ObjectsOfALife
{
    private readonly S3Server? _server = S3Server.FromEnvironment();
    private readonly string _prefix = $"life-{Guid.NewGuid():N}";

    /// <summary>What the services are told; nothing for the folder that they have anyway.</summary>
    public string[] Settings => _server?.Settings(_prefix) ?? [];

    /// <summary>What the operator's command is told.</summary>
    public string[] Arguments(string folder) => _server is null
        ? ["--store", folder]
        : ["--store", $"s3://{_server.Bucket}/{_prefix}", "--s3-endpoint", _server.Endpoint];

    /// <summary>Where the operator's command finds its credentials.</summary>
    public Dictionary<string, string> Credentials => _server is null ? [] : new()
    {
        ["AWS_ACCESS_KEY_ID"] = _server.AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = _server.SecretKey,
    };

    /// <summary>Everything that is stored.</summary>
    public async Task<IReadOnlyList<StoredObject>> ListAsync(string folder)
    {
        IObjectStore store = _server is null ? new FolderObjectStore(folder) : new S3ObjectStore(_server.Options, _prefix);
        using var disposed = store as IDisposable;
        return await store.ListAsync("", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }
}
