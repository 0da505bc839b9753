using System.Globalization;

namespace Spillway.Kafka.Generator.Schema;

/// <summary>Reads errors.txt: <c>CODE NAME [retriable] [refreshes-metadata]</c>, one error a line.</summary>
internal static class ErrorCodeParser
{
    public static List<ErrorCodeSchema> Parse(string text, List<SchemaError> errors)
    {
        var codes = new List<ErrorCodeSchema>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in SchemaLine.Split(text))
        {
            var words = line.Words;
            if (words.Length < 2
                || !short.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code))
            {
                errors.Add(new(line.Number, "expected: CODE NAME [retriable] [refreshes-metadata]"));
                continue;
            }

            if (!seen.Add(words[0]) || !seen.Add(words[1]))
            {
                errors.Add(new(line.Number, $"{words[0]} {words[1]} is defined twice"));
                continue;
            }

            var isRetriable = false;
            var refreshesMetadata = false;
            foreach (var flag in words.Skip(2))
            {
                if (flag == "retriable")
                {
                    isRetriable = true;
                }
                else if (flag == "refreshes-metadata")
                {
                    refreshesMetadata = true;
                }
                else
                {
                    errors.Add(new(line.Number, $"unknown word '{flag}'"));
                }
            }

            codes.Add(new(code, words[1], isRetriable, refreshesMetadata));
        }

        return codes;
    }
}
