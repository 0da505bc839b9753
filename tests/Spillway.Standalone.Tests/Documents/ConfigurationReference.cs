using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Spillway.Kafka.Configs;

namespace Spillway.Standalone.Tests.Documents;

/// <summary>Writes the operator's configuration reference from the options classes and their documentation comments.</summary>
internal static partial class ConfigurationReference
{
    private static readonly string[] Assemblies =
    [
        "Spillway.ServiceDefaults", "Spillway.Rpc", "Spillway.Storage", "Spillway.ProtocolFrontend", "Spillway.WalWriter",
        "Spillway.S3Compactor", "Spillway.Metadata", "Spillway.ZoneRouter",
    ];

    public static string Write()
    {
        var text = new StringBuilder();
        text.AppendLine("# Configuration reference");
        text.AppendLine();
        text.AppendLine("Written from the options classes by a test of `Spillway.Standalone.Tests`; do not edit by hand. Each key may be given as an argument");
        text.AppendLine("(`--Spillway:WalWriter:RollInterval=00:00:30`), as an environment variable (`Spillway__WalWriter__RollInterval`) or in appsettings.json.");
        text.AppendLine("A key that does not exist, or a value out of its range, stops the start with the key's name.");
        foreach (var type in OptionsTypes())
        {
            WriteSection(text, type);
        }

        WriteKafkaConfigs(text, "Broker configs", "`--set KEY=VALUE` in standalone, `Spillway:Broker:KEY` elsewhere; some for a running broker or for all, by IncrementalAlterConfigs.", BrokerConfigs.All);
        WriteKafkaConfigs(text, "Topic configs", "Set when a topic is created, or by IncrementalAlterConfigs.", TopicConfigs.All);
        WriteKafkaConfigs(text, "Group configs", "Set by IncrementalAlterConfigs of the resource type GROUP (KIP-848).", GroupConfigs.All);
        WriteKafkaConfigs(text, "Client metrics configs", "Set by IncrementalAlterConfigs of the resource type CLIENT_METRICS (KIP-714).", ClientMetricsConfigs.All);
        return text.ToString();
    }

    private static IEnumerable<Type> OptionsTypes() => Assemblies
        .SelectMany(static name => Assembly.Load(name).GetTypes())
        .Where(static type => type.Name.EndsWith("Options", StringComparison.Ordinal) && Section(type) is not null and not "Spillway")
        .OrderBy(Section, StringComparer.Ordinal);

    private static string? Section(Type type) =>
        type.GetField("Section", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)?.GetRawConstantValue() as string;

    private static void WriteSection(StringBuilder text, Type type)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {Section(type)}").AppendLine();
        text.AppendLine("| key | type | default | meaning |").AppendLine("| --- | --- | --- | --- |");
        WriteProperties(text, type, Activator.CreateInstance(type, nonPublic: true)!, "");
    }

    private static void WriteProperties(StringBuilder text, Type type, object instance, string prefix)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.SetMethod is not null))
        {
            var value = property.GetValue(instance);
            if (value is not null && property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            {
                WriteProperties(text, property.PropertyType, value, $"{prefix}{property.Name}:");
                continue;
            }

            // What is inherited is documented where it is declared.
            var owner = property.DeclaringType!;
            var meaning = Summaries(owner.Assembly).GetValueOrDefault($"P:{owner.FullName}.{property.Name}", "").Replace("|", "\\|", StringComparison.Ordinal);
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{prefix}{property.Name}` | {TypeName(property.PropertyType)} | {Default(property.Name, value)} | {meaning} |");
            if (FindItemOptions(property.PropertyType) is { } item)
            {
                WriteProperties(text, item, Activator.CreateInstance(item, nonPublic: true)!, $"{prefix}{property.Name}:N:");
            }
        }
    }

    /// <summary>The options class that a list has items of; null for anything else.</summary>
    private static Type? FindItemOptions(Type type) =>
        type.IsGenericType && type.GetGenericArguments()[^1] is { } item && item.Name.EndsWith("Options", StringComparison.Ordinal) ? item : null;

    private static string TypeName(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) || plain == typeof(Uri) ? "text"
            : plain == typeof(bool) ? "true or false"
            : plain == typeof(TimeSpan) ? "time (hh:mm:ss)"
            : plain.IsEnum ? string.Join(", ", Enum.GetNames(plain))
            : plain.IsPrimitive ? "number"
            : typeof(IDictionary).IsAssignableFrom(plain) ? "name=value"
            : typeof(IEnumerable).IsAssignableFrom(plain) ? "list"
            : plain.Name;
    }

    private static string Default(string name, object? value) => value switch
    {
        // The machine's own name is the default of names: it must not depend on the machine here.
        string text when name == "Name" && text == Environment.MachineName => "the machine's name",
        null or "" => "",
        string text => $"`{text}`",
        ICollection => "",
        IEnumerable => "",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static Dictionary<string, string> Summaries(Assembly assembly)
    {
        var file = Path.ChangeExtension(assembly.Location, ".xml");
        return XDocument.Load(file).Descendants("member").ToDictionary(
            static member => (string)member.Attribute("name")!,
            static member => Space().Replace(Text(member.Element("summary")), " ").Trim(),
            StringComparer.Ordinal);
    }

    private static string Text(XElement? element) => element is null ? "" : string.Concat(element.Nodes().Select(static node => node switch
    {
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{((string?)see.Attribute("cref") ?? "").Split('.')[^1]}`",
        XElement other => other.Value,
        _ => node is XText text ? text.Value : "",
    }));

    private static void WriteKafkaConfigs(StringBuilder text, string title, string how, IReadOnlyList<ConfigDefinition> definitions)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {title} (Kafka's own keys)").AppendLine();
        text.AppendLine(how).AppendLine();
        text.AppendLine("| key | type | default | changed | acts here | meaning |").AppendLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var definition in definitions.OrderBy(static definition => definition.Name, StringComparer.Ordinal))
        {
            var changed = definitions != BrokerConfigs.All ? "at once" : BrokerUpdateModes.Of(definition.Name) switch
            {
                ConfigUpdateMode.ClusterWide => "at once",
                ConfigUpdateMode.PerBroker => "for one broker",
                _ => "at the start",
            };
            var acts = definition.Acts ? "yes" : definition.WaitsFor is { } later ? $"not yet: {later}" : "no: stored and shown";
            var meaning = Space().Replace(definition.Documentation, " ").Replace("|", "\\|", StringComparison.Ordinal);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| `{definition.Name}` | {definition.Type} | {Default("", definition.Default)} | {changed} | {acts} | {meaning} |");
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
