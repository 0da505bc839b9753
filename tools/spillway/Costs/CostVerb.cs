using System.Globalization;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Costs;

/// <summary>Turns the counters of all services of a cluster into requests per GiB and dollars a month.</summary>
internal sealed class CostVerb : IVerb
{
    private static readonly VerbOption Metrics = new("--metrics", "URL|FILE", "a service's /metrics, or a saved page; once for each process");
    private static readonly VerbOption HoursOption = new("--hours", "HOURS", "how long the counters have run: since the processes started");
    private static readonly VerbOption Retention = new("--retention-hours", "HOURS", "how long records are kept; default 72, the article's");
    private static readonly VerbOption PricesOption = new("--prices", "FILE", "prices, as the file that comes with the command has them");

    private static readonly HashSet<string> PutKinds = new(StringComparer.Ordinal) { "put", "part", "copy", "multipart", "list" };
    private static readonly HashSet<string> GetKinds = new(StringComparer.Ordinal) { "get", "head" };

    public string Name => "cost";

    public string Operands => "";

    public string Summary => "requests per GiB and dollars a month, from the services' metrics";

    public IReadOnlyList<VerbOption> Options { get; } = [Metrics, HoursOption, Retention, PricesOption];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        arguments.ThrowIfOperands();
        arguments.Get(Metrics);
        var hours = ReadHours(arguments.Get(HoursOption));
        var retentionHours = ReadHours(arguments.Find(Retention) ?? "72");
        var prices = await Prices.ReadAsync(arguments.Find(PricesOption) ?? Prices.DefaultPath, cancellationToken);
        var samples = new Samples();
        using var http = new HttpClient();
        foreach (var place in arguments.All(Metrics))
        {
            samples.Add(place.StartsWith("http", StringComparison.Ordinal)
                ? await http.GetStringAsync(new Uri(place), cancellationToken)
                : await File.ReadAllTextAsync(place, cancellationToken));
        }

        if (samples.Sum("spillway_frontend_produced_bytes_total") <= 0)
        {
            throw new IOException("Nothing was produced by these metrics, so nothing can be said of a GiB; name all frontends too.");
        }

        printer.Print(Compute(samples, prices, hours, retentionHours), CostText.Print);
        return ExitCode.Sound;
    }

    internal static CostReport Compute(Samples samples, Prices prices, double hours, double retentionHours)
    {
        var ingested = samples.Sum("spillway_frontend_produced_bytes_total");
        var perGiB = CostReport.GiB / ingested;
        var requests = samples.SumBy("spillway_object_store_requests_total", "kind", "cause")
            .Select(r => new RequestCost(r.Key.Item1, r.Key.Item2, r.Value, r.Value * perGiB))
            .OrderBy(r => r.Kind, StringComparer.Ordinal).ThenBy(r => r.Cause, StringComparer.Ordinal).ToList();
        var puts = requests.Where(r => PutKinds.Contains(r.Kind)).Sum(r => r.PerGiB);
        var gets = requests.Where(r => GetKinds.Contains(r.Kind)).Sum(r => r.PerGiB);
        var stored = samples.Sum("spillway_compactor_drained_bytes_total") / ingested;
        var walWritten = samples.Sum("spillway_wal_written_bytes_total") / ingested;
        // What a reader asked a writer for is the writer's read, if it had to read at all.
        var walReads = samples.SumBy("spillway_wal_read_bytes_total", "reader", "step")
            .Where(static r => r.Key.Item2 != "writer").ToLookup(static r => r.Key.Item1 == "compactor", r => r.Value / ingested);
        var walTraffic = walWritten + walReads[true].Sum() + walReads[false].Sum();
        MonthlyDollars At(double bytesPerSecond)
        {
            var gibPerMonth = bytesPerSecond / CostReport.GiB * CostReport.MonthSeconds;
            return new MonthlyDollars(
                bytesPerSecond * walTraffic / 1e6 * prices.WalVolumeMBPerSecondMonth,
                gibPerMonth * ((puts * prices.PutPerThousand) + (gets * prices.GetPerThousand)) / 1000,
                bytesPerSecond * retentionHours * 3600 * stored / CostReport.GiB * prices.StoredGiBMonth);
        }

        return new CostReport
        {
            PricesDate = prices.Date,
            Hours = hours,
            RetentionHours = retentionHours,
            IngestedBytes = ingested,
            Requests = requests,
            PutsPerGiB = puts,
            GetsPerGiB = gets,
            StoredRatio = stored,
            WalTrafficRatio = walTraffic,
            WalWrittenRatio = walWritten,
            WalDrainReadRatio = walReads[true].Sum(),
            WalFetchReadRatio = walReads[false].Sum(),
            WriterMemoryRatio = samples.Sum("spillway_compactor_wal_memory_bytes_total") / ingested,
            WalUsedBytes = samples.SumOfGreatest("spillway_wal_volume_used_bytes", "volume"),
            OtherZoneWriters = samples.Sum("spillway_frontend_other_zone_writers_total"),
            AsMeasured = At(ingested / (hours * 3600)),
            AtOneGiBPerSecond = At(CostReport.GiB),
        };
    }

    private static double ReadHours(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var hours) && hours > 0
            ? hours
            : throw new UsageException($"'{text}' is no number of hours.");
}
