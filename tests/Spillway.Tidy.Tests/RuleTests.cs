using Spillway.Tidy.Tests.Rules;
using Xunit;

namespace Spillway.Tidy.Tests;

/// <summary>Each rule on a sample that breaks it and on one that does not: a rule that cannot fail guards nothing.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData("libs/Spillway.Storage/Spillway.Storage.csproj", "../Spillway.Kafka/Spillway.Kafka.csproj", true)]
    [InlineData("libs/Spillway.Storage/Spillway.Storage.csproj", "../Spillway.Rpc/Spillway.Rpc.csproj", false)]
    [InlineData("libs/Spillway.Kafka/Spillway.Kafka.csproj", "../Spillway.Storage/Spillway.Storage.csproj", false)]
    [InlineData("libs/Spillway.Raft/Spillway.Raft.csproj", "../Spillway.Kafka/Spillway.Kafka.csproj", false)]
    [InlineData("libs/Spillway.New/Spillway.New.csproj", "../Spillway.Kafka/Spillway.Kafka.csproj", false)]
    [InlineData("services/metadata/Spillway.Metadata.csproj", "../../libs/Spillway.Raft/Spillway.Raft.csproj", true)]
    [InlineData("services/metadata/Spillway.Metadata.csproj", "../wal-writer/Spillway.WalWriter.csproj", false)]
    [InlineData("services/standalone/Spillway.Standalone.csproj", "../wal-writer/Spillway.WalWriter.csproj", true)]
    [InlineData("services/standalone/Spillway.Standalone.csproj", "../../tests/Spillway.Testing/Spillway.Testing.csproj", false)]
    [InlineData("tests/Spillway.Raft.Tests/Spillway.Raft.Tests.csproj", "../../services/metadata/Spillway.Metadata.csproj", true)]
    public void Arrows_point_one_way(string project, string reference, bool allowed)
    {
        var file = new RepositoryFile(project, $"<ProjectReference Include=\"{reference}\" />");

        Assert.Equal(allowed, !ProjectArrows.Find([file]).Any());
    }

    [Theory]
    [InlineData("<PackageReference Include=\"Known\" />", true)]
    [InlineData("<PackageVersion Include=\"Known\" Version=\"1\" />", true)]
    [InlineData("<PackageVersion Include=\"Unknown\" Version=\"1\" />", false)]
    [InlineData("<PackageReference Include=\"Known\" Version=\"1.0.0\" />", false)]
    public void A_package_needs_a_reason_and_no_version_of_its_own(string reference, bool allowed)
    {
        RepositoryFile[] files = [new("libs/A/A.csproj", reference), new(PackageReasons.Adr, "| `Known` | a reason |")];

        Assert.Equal(allowed, !PackageReasons.Find(files).Any());
    }

    [Theory]
    [InlineData("libs/A/B.cs", "internal sealed class SegmentRoller;", true)]
    [InlineData("libs/A/B.cs", "internal sealed class SegmentManager;", false)]
    [InlineData("libs/A/B.cs", "public static partial class CrcUtils\n{", false)]
    [InlineData("libs/A/B.cs", "internal readonly record struct BrokerInfo(int Id);", false)]
    [InlineData("libs/A/B.cs", "internal interface CommonThings;", false)]
    [InlineData("libs/A/B.cs", "internal sealed class Database;", true)]
    [InlineData("libs/A/Helpers/B.cs", "internal sealed class B;", false)]
    public void A_name_has_to_say_something(string path, string text, bool allowed) =>
        Assert.Equal(allowed, !ForbiddenNames.Find(new RepositoryFile(path, text)).Any());

    [Theory]
    [InlineData(400, true)]
    [InlineData(401, false)]
    public void A_file_has_an_end(int lineCount, bool allowed)
    {
        var file = new RepositoryFile("libs/A/B.cs", string.Join('\n', Enumerable.Repeat("//", lineCount)));

        Assert.Equal(allowed, FileLength.Find(file, FileLength.Listed) is null);
        Assert.Null(FileLength.Find(file, new Dictionary<string, string> { [file.Path] = "a reason" }));
    }

    [Theory]
    [InlineData("docs/a.md", "see https://github.com/apache/kafka", true)]
    [InlineData("docs/a.md", "see /wo" + "rk/main", false)]
    [InlineData("libs/A/B.cs", "#reg" + "ion Fields", false)]
    [InlineData("docs/a.md", "#reg" + "ion is banned in code", true)]
    [InlineData("libs/A/B.cs", "// TO" + "DO later", false)]
    [InlineData("libs/A/B.cs", "// TO" + "DO(#12) later", true)]
    [InlineData("libs/A/B.cs", "Thread.Sl" + "eep(1);", false)]
    [InlineData("a.json", "https://example.org/nex" + "us/npm", false)]
    public void What_belongs_to_one_machine_is_found(string path, string text, bool allowed) =>
        Assert.Equal(allowed, !BannedText.Find(new RepositoryFile(path, text)).Any());

    [Fact]
    public void A_service_without_its_files_is_found()
    {
        RepositoryFile[] files =
        [
            new("services/a/README.md", ""), new("services/a/Dockerfile", ""), new("services/a/Program.cs", ""),
            new("services/b/Program.cs", new string('\n', ServiceFolders.ProgramLineCountMax)),
        ];

        Assert.Equal(
            ["services/b: no README.md", "services/b: no Dockerfile", "services/b/Program.cs: 41 lines; a Program.cs is a table of contents"],
            ServiceFolders.Find(files));
    }

    [Theory]
    [InlineData("libs/A/Segment.cs", "public sealed class Segment\n{\n    private sealed class Inner;\n}", true)]
    [InlineData("libs/A/Segment.Log.cs", "public sealed partial class Segment;", true)]
    [InlineData("libs/A/Segment.cs", "public sealed class Segment;\ninternal enum Kind { A }", false)]
    [InlineData("libs/A/Segments.cs", "public readonly record struct Segment(int A);", false)]
    [InlineData("libs/A/Segment{T}.cs", "public sealed class Segment<T>;", true)]
    [InlineData("libs/A/Segment.cs", "public interface Segment<T>;\npublic interface Segment;", true)]
    public void A_file_holds_one_type(string path, string text, bool allowed) =>
        Assert.Equal(allowed, OneTypeAFile.Find(new RepositoryFile(path, text)) is null);

    [Fact]
    public void A_format_without_a_page_is_found()
    {
        RepositoryFile[] files =
        [
            new("libs/A/SegmentFormat.cs", ""), new("libs/A/ObjectFormat.cs", ""), new("docs/formats/segment.md", "Written by SegmentFormat; see libs/B."),
            new("libs/B/IndexFormat.cs", ""),
        ];

        Assert.Equal(["libs/A/ObjectFormat.cs: no page under docs/formats names ObjectFormat or its folder"], FormatPages.Find(files));
    }

    [Theory]
    [InlineData("    [Fact]\n    public void A_frame_is_read()\n", true)]
    [InlineData("    [Fact]\n    public async Task TestFrame()\n", false)]
    [InlineData("    [Theory]\n    [InlineData(1)]\n    public void Frame(int a)\n", false)]
    public void A_test_that_is_no_sentence_is_found(string text, bool allowed) =>
        Assert.Equal(allowed, !TestNames.Find(new RepositoryFile("tests/A.cs", text)).Any());

    [Fact]
    public void An_event_id_used_twice_in_a_project_is_found()
    {
        RepositoryFile[] files =
        [
            new("services/a/X.cs", "[LoggerMessage(1, LogLevel.Error, \"\")]"), new("services/a/Y/Z.cs", "[LoggerMessage(EventId = 1,"),
            new("services/b/X.cs", "[LoggerMessage(1, LogLevel.Error, \"\")]"),
        ];

        Assert.Equal(["services/a: event id 1 is used 2 times: services/a/X.cs, services/a/Y/Z.cs"], LogEventIds.Find(files));
    }

    [Fact]
    public void A_deployed_key_that_nobody_knows_is_found()
    {
        RepositoryFile[] files =
        [
            new("services/a/AOptions.cs", "const string Section = \"Spillway:A\";\n public string Zone { get; init; }\n public IList<V> Volumes { get; init; }"),
            new("docker-compose.yml", "Spillway__A__Zone: a\nSpillway__A__Volumes__0__Name: w\nSpillway__A__Zome: a"),
            new("k8s/base/b.yaml", "{name: Spillway__B__Zone}"),
        ];

        Assert.Equal(
            ["docker-compose.yml: no options class knows Spillway__A__Zome", "k8s/base/b.yaml: no options class knows Spillway__B__Zone"],
            DeployedKeys.Find(files));
    }

    [Fact]
    public void A_dead_link_is_found()
    {
        var page = new RepositoryFile("docs/a.md", "[x](b.md#part) [y](../c.md) [z](https://example.org) [w](#here)");

        Assert.Equal(["docs/a.md: no such page: ../c.md"], MarkdownLinks.Find(page, path => path == "docs/b.md"));
    }
}
