namespace Spillway.Tidy.Tests.Rules;

/// <summary>A long file hides a missing idea. Those that have a reason are listed with it.</summary>
internal static class FileLength
{
    public const int LineCountMax = 400;

    /// <summary>Path and reason of the files that may be longer.</summary>
    public static readonly IReadOnlyDictionary<string, string> Listed = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["tests/Spillway.Metadata.Tests/Contract/MetadataContractTests.cs"] = "the contract of one seam, run on each of its implementations",
    };

    public static string? Find(RepositoryFile file, IReadOnlyDictionary<string, string> listed) =>
        file.IsCSharp && file.Lines.Length > LineCountMax && !listed.ContainsKey(file.Path)
            ? $"{file.Path}: {file.Lines.Length} lines, more than {LineCountMax}"
            : null;
}
