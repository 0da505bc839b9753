using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Spillway.Kafka.Generator.Emit;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator;

/// <summary>
/// Turns the schema files of proto/kafka into message classes, the API keys with their catalog, and the error codes.
/// A change of one file parses that file alone and emits its messages and the catalog.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class KafkaMessageGenerator : IIncrementalGenerator
{
    private static readonly DiagnosticDescriptor SchemaIsWrong = new(
        "SPK001", "Kafka schema is wrong", "{0}", "Spillway.Kafka", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var files = context.AdditionalTextsProvider
            .Where(static file => SchemaFile.IsSchema(file.Path))
            .Select(static (file, cancel) =>
                SchemaFile.Parse(file.Path, file.GetText(cancel)?.ToString() ?? ""));

        context.RegisterSourceOutput(files, static (output, file) => EmitFile(output, file));
        context.RegisterSourceOutput(files.Collect(), static (output, all) => EmitCatalog(output, all));
    }

    private static void EmitFile(SourceProductionContext output, SchemaFile file)
    {
        foreach (var error in file.Errors)
        {
            Report(output, file.Path, error);
        }

        foreach (var message in file.Messages)
        {
            output.AddSource($"{message.Name}.g.cs", MessageEmitter.Emit(message));
        }

        if (file.ErrorCodes.Count > 0)
        {
            output.AddSource("ErrorCode.g.cs", ErrorCodeEmitter.EmitEnum(file.ErrorCodes));
            output.AddSource("ErrorCodes.g.cs", ErrorCodeEmitter.EmitFacts(file.ErrorCodes));
        }
    }

    private static void EmitCatalog(SourceProductionContext output, ImmutableArray<SchemaFile> files)
    {
        var requests = new SortedDictionary<short, MessageSchema>();
        var responses = new SortedDictionary<short, MessageSchema>();
        foreach (var file in files)
        {
            foreach (var message in file.Messages.Where(m => m.ApiKey is not null))
            {
                var side = message.Kind == MessageKind.Request ? requests : responses;
                var key = message.ApiKey!.Value;
                if (side.ContainsKey(key))
                {
                    Report(output, file.Path, new(message.Root.Line, $"API key {key} is used twice"));
                }

                side[key] = message;
            }
        }

        foreach (var file in files)
        {
            foreach (var message in file.Messages.Where(m => m.ApiKey is not null))
            {
                var other = message.Kind == MessageKind.Request ? responses : requests;
                if (!other.TryGetValue(message.ApiKey!.Value, out var pair)
                    || CatalogEmitter.ApiName(pair) != CatalogEmitter.ApiName(message))
                {
                    Report(output, file.Path, new(message.Root.Line, $"{message.Name} has no counterpart"));
                }
            }
        }

        output.AddSource("ApiKey.g.cs", CatalogEmitter.EmitApiKeys([.. requests.Values]));
        output.AddSource("MessageCatalog.g.cs", CatalogEmitter.EmitCatalog([.. requests.Values], [.. responses.Values]));
    }

    private static void Report(SourceProductionContext output, string path, SchemaError error)
    {
        var at = new LinePosition(error.Line, 0);
        var location = Location.Create(path, new TextSpan(0, 0), new LinePositionSpan(at, at));
        output.ReportDiagnostic(Diagnostic.Create(SchemaIsWrong, location, error.Message));
    }
}
