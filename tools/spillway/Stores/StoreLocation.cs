using Spillway.Storage.Objects;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Stores;

/// <summary>Where objects are, as a command line says it: <c>s3://bucket/key</c>, or a path.</summary>
internal static class StoreLocation
{
    private const string S3Scheme = "s3://";

    public static bool IsS3(string text) => text.StartsWith(S3Scheme, StringComparison.Ordinal);

    /// <summary>The store that holds one object, and the object's key in it.</summary>
    public static (IObjectStore Store, string Key) OpenObject(string text, Arguments arguments)
    {
        if (IsS3(text))
        {
            var (bucket, key) = SplitS3(text);
            return (OpenS3(bucket, "", arguments), Legal(key));
        }

        var path = Path.GetFullPath(text);
        return (new FolderObjectStore(Path.GetDirectoryName(path) ?? path), Legal(Path.GetFileName(path)));
    }

    /// <summary>A whole store: a bucket with or without a prefix, or a folder.</summary>
    public static IObjectStore OpenStore(string text, Arguments arguments)
    {
        if (IsS3(text))
        {
            var (bucket, prefix) = SplitS3(text);
            return OpenS3(bucket, prefix.Length == 0 ? "" : Legal(prefix), arguments);
        }

        return Directory.Exists(text)
            ? new FolderObjectStore(text)
            : throw new DirectoryNotFoundException($"There is no folder '{text}'.");
    }

    private static S3ObjectStore OpenS3(string bucket, string prefix, Arguments arguments) => new(
        new S3StoreOptions
        {
            Bucket = bucket,
            Endpoint = arguments.Find(VerbOption.S3Endpoint),
            Region = arguments.Find(VerbOption.S3Region) ?? "us-east-1",
        },
        prefix);

    private static (string Bucket, string Key) SplitS3(string text)
    {
        var rest = text[S3Scheme.Length..].TrimEnd('/');
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        return bucket.Length > 0
            ? (bucket, slash < 0 ? "" : rest[(slash + 1)..])
            : throw new UsageException($"'{text}' names no bucket; it is s3://bucket/key.");
    }

    private static string Legal(string key) => ObjectKey.IsLegal(key)
        ? key
        : throw new UsageException($"'{key}' is no key of ours: letters, digits and ._-= between single slashes.");
}
