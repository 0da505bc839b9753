using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Spillway.Kafka.Generator;
using Xunit;

namespace Spillway.Kafka.Tests.Generator;

/// <summary>The generator as the compiler runs it.</summary>
public sealed class KafkaMessageGeneratorTests
{
    private const string Ping =
        """
        request PingRequest key=900 versions=0-1 flexible=1+
          Text string 0+ nullable=1+
          Ping int32 1+ tag=0
          Inner Inner 0+
            Values []int64 0+

        response PingResponse key=900 versions=0-1 flexible=1+
          PingResponse int16 0+
        """;

    [Fact]
    public void Messages_catalog_and_error_codes_compile()
    {
        var (result, compilation) = Run(
            new Schema("/repo/proto/kafka/messages/ping.txt", Ping),
            new Schema("/repo/proto/kafka/messages/headers.txt", "header PingHeader versions=1 flexible=none\n  Id int32 0+\n"),
            new Schema("/repo/proto/kafka/errors.txt", "0 NONE\n"));

        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
        Assert.Equal(
            ["ApiKey", "ErrorCode", "ErrorCodes", "MessageCatalog", "PingHeader", "PingRequest", "PingResponse"],
            result.GeneratedTrees.Select(t => Path.GetFileName(t.FilePath).Split('.')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_property_named_as_its_class_or_a_structure_gets_a_suffix()
    {
        var (result, _) = Run(new Schema("proto/kafka/messages/ping.txt", Ping));

        Assert.Contains("public Inner InnerValue ", Source(result, "PingRequest"), StringComparison.Ordinal);
        Assert.Contains("public short PingResponseValue ", Source(result, "PingResponse"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_is_a_diagnostic_at_its_file_and_line()
    {
        var path = "/repo/proto/kafka/messages/ping.txt";

        var (result, _) = Run(new Schema(path, Ping.Replace("[]int64", "[]int65", StringComparison.Ordinal)));

        var diagnostic = result.Diagnostics.First(d => d.GetMessage(null).Contains("int65", StringComparison.Ordinal));
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal(path, diagnostic.Location.GetLineSpan().Path);
        Assert.Equal(4, diagnostic.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void A_request_without_a_response_is_a_diagnostic()
    {
        var (result, _) = Run(new Schema("proto/kafka/messages/ping.txt", Ping.Split("\n\n")[0].Replace("\r", "", StringComparison.Ordinal)));

        Assert.Contains("PingRequest has no counterpart", Assert.Single(result.Diagnostics).GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void An_api_key_used_twice_is_a_diagnostic()
    {
        var (result, _) = Run(
            new Schema("proto/kafka/messages/ping.txt", Ping),
            new Schema("proto/kafka/messages/pong.txt", Ping.Replace("Ping", "Pong", StringComparison.Ordinal)));

        Assert.Contains(
            result.Diagnostics, d => d.GetMessage(null).Contains("API key 900 is used twice", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_text_files_are_left_alone()
    {
        var (result, _) = Run(new Schema("/repo/BannedSymbols.txt", "P:System.DateTime.Now; no"));

        Assert.Empty(result.Diagnostics);
        Assert.DoesNotContain(result.GeneratedTrees, t => t.FilePath.Contains("Banned", StringComparison.Ordinal));
    }

    [Fact]
    public void A_change_of_one_file_leaves_the_output_of_the_others()
    {
        var ping = new Schema("proto/kafka/messages/ping.txt", Ping);
        var errors = new Schema("proto/kafka/errors.txt", "0 NONE\n");
        var driver = Driver(ping, errors).RunGenerators(Empty());

        driver = driver.ReplaceAdditionalText(errors, new Schema(errors.Path, "0 NONE\n1 ONE\n")).RunGenerators(Empty());

        var reasons = driver.GetRunResult().Results.Single().TrackedOutputSteps
            .SelectMany(step => step.Value)
            .SelectMany(step => step.Outputs)
            .Select(o => o.Reason)
            .ToList();
        Assert.Contains(IncrementalStepRunReason.Cached, reasons);
        Assert.Contains(IncrementalStepRunReason.Modified, reasons);
    }

    private static string Source(GeneratorDriverRunResult result, string name) =>
        result.GeneratedTrees.Single(t => Path.GetFileName(t.FilePath) == name + ".g.cs").ToString();

    private static (GeneratorDriverRunResult Result, Compilation Compilation) Run(params Schema[] schemas)
    {
        var driver = Driver(schemas).RunGeneratorsAndUpdateCompilation(
            Empty(), out var compilation, out _, TestContext.Current.CancellationToken);
        return (driver.GetRunResult(), compilation);
    }

    private static CSharpGeneratorDriver Driver(params Schema[] schemas) => CSharpGeneratorDriver.Create(
        [new KafkaMessageGenerator().AsSourceGenerator()],
        schemas,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    // What the generated code stands on, reduced to its signatures: the real one is internal to the library.
    private static CSharpCompilation Empty() => CSharpCompilation.Create(
        "Spillway.Kafka.Tests.Generated",
        [CSharpSyntaxTree.ParseText(Ground)],
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

    private const string Ground =
        """
        namespace Spillway.Kafka.Wire
        {
            public ref struct WireReader
            {
                public short ReadInt16() => 0; public int ReadInt32() => 0; public long ReadInt64() => 0;
                public string ReadString() => ""; public string ReadNullableString() => "";
                public string ReadCompactString() => ""; public string ReadCompactNullableString() => "";
                public int ReadArrayLength(int least) => 0; public int ReadCompactArrayLength(int least) => 0;
                public void SkipTaggedFields() { } public int ReadTagCount() => 0;
                public int ReadTagHeader(out uint tag) { tag = 0; return 0; }
                public void SkipTo(int end) { } public void EndTag(int end) { }
            }
            public ref struct WireWriter
            {
                public void WriteInt16(short v) { } public void WriteInt32(int v) { } public void WriteInt64(long v) { }
                public void WriteString(string v) { } public void WriteCompactString(string v) { }
                public void WriteUnsignedVarint(uint v) { }
            }
            public static class WireSize
            {
                public static int UnsignedVarint(uint v) => 1; public static int TagHeader(uint t, int s) => 2;
                public static int String(string v) => 2; public static int CompactString(string v) => 1;
            }
            public static class MalformedMessageException
            {
                public static void ThrowUnsupportedVersion(string m, short v) { }
                public static T ThrowUnknownApiKey<T>(Spillway.Kafka.Messages.ApiKey k) => default;
            }
            public static class UnwritableMessageException
            {
                public static void ThrowUnsupportedVersion(string m, short v) { }
                public static void ThrowAbsentField(string m, short v) { }
                public static void ThrowNullField(string m, short v) { }
            }
        }
        namespace Spillway.Kafka.Messages
        {
            public interface IKafkaMessage { }
            public interface IKafkaRequest : IKafkaMessage { }
            public interface IKafkaResponse : IKafkaMessage { }
        }
        """;

    private sealed class Schema(string path, string text) : AdditionalText
    {
        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
