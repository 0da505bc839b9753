using Spillway.Tidy.Tests.Rules;
using Xunit;

namespace Spillway.Tidy.Tests;

/// <summary>The rules on this repository. Each rule is shown to find what it looks for in <see cref="RuleTests"/>.</summary>
public sealed class RepositoryTests
{
    private static readonly string[] Pages =
    [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "docker-compose.yml",
        "docs/glossary.md", "docs/operations.md", PackageReasons.Adr,
    ];

    [Fact]
    public void The_repository_is_really_read() =>
        Assert.True(Repository.Files.Count > 100, $"only {Repository.Files.Count} files under {Repository.Root}");

    [Fact]
    public void Projects_reference_only_whom_they_may() => AssertNone(ProjectArrows.Find(Repository.Files));

    [Fact]
    public void Packages_have_one_version_and_a_reason() => AssertNone(PackageReasons.Find(Repository.Files));

    [Fact]
    public void Names_say_what_a_thing_does() => AssertNone(Repository.Files.SelectMany(ForbiddenNames.Find));

    [Fact]
    public void Files_are_short() =>
        AssertNone(Repository.Files.Select(file => FileLength.Find(file, FileLength.Listed)).OfType<string>());

    [Fact]
    public void Files_listed_as_long_still_are() =>
        Assert.All(FileLength.Listed.Keys, path =>
            Assert.Contains(Repository.Files, file => file.Path == path && file.Lines.Length > FileLength.LineCountMax));

    [Fact]
    public void Nothing_belongs_to_one_machine() => AssertNone(Repository.Files.SelectMany(BannedText.Find));

    [Fact]
    public void Services_have_their_page_and_their_image() => AssertNone(ServiceFolders.Find(Repository.Files));

    [Fact]
    public void Files_hold_one_type_and_have_its_name() => AssertNone(Repository.Files.Select(OneTypeAFile.Find).OfType<string>());

    [Fact]
    public void Formats_have_their_page() => AssertNone(FormatPages.Find(Repository.Files));

    [Fact]
    public void Test_names_are_sentences() => AssertNone(Repository.Files.SelectMany(TestNames.Find));

    [Fact]
    public void Log_event_ids_are_used_once() => AssertNone(LogEventIds.Find(Repository.Files));

    [Fact]
    public void Deployments_set_what_exists() => AssertNone(DeployedKeys.Find(Repository.Files));

    [Fact]
    public void Links_between_pages_lead_somewhere() =>
        AssertNone(Repository.Files.SelectMany(page => MarkdownLinks.Find(page, path => Path.Exists(Path.Combine(Repository.Root, path)))));

    [Fact]
    public void The_pages_everybody_looks_for_are_there() => AssertNone(Pages.Where(page => !Repository.Has(page)));

    private static void AssertNone(IEnumerable<string> violations) =>
        Assert.True(!violations.Any(), "\n" + string.Join('\n', violations));
}
