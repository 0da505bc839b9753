using System.Text.Json;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Costs;

/// <summary>What things cost, in dollars, with the date of it.</summary>
internal sealed record Prices(
    string Date, string Source, double PutPerThousand, double GetPerThousand, double StoredGiBMonth, double WalVolumeMBPerSecondMonth)
{
    public static string DefaultPath => Path.Combine(AppContext.BaseDirectory, "Costs", "prices-us-east-1.json");

    public static async Task<Prices> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        try
        {
            return await JsonSerializer.DeserializeAsync<Prices>(file, JsonSerializerOptions.Web, cancellationToken)
                ?? throw new UsageException($"There are no prices in '{path}'.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"'{path}' is no file of prices: {e.Message}");
        }
    }
}
