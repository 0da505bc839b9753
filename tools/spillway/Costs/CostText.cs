using System.Globalization;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Costs;

/// <summary>A <see cref="CostReport"/> for people, next to the table that AutoMQ published for 1 GiB/s kept for three days.</summary>
internal static class CostText
{
    public static void Print(CostReport report, TextWriter output)
    {
        output.WriteLine($"ingested     {Words.Bytes(report.IngestedBytes)} in {Round(report.Hours)} h, {Words.Bytes(report.IngestedBytes / (report.Hours * 3600))}/s");
        output.WriteLine($"WAL volumes  {Round(report.WalTrafficRatio)} bytes for each ingested one: {Round(report.WalWrittenRatio)} written, {Round(report.WalDrainReadRatio)} read by drains (which had {Round(report.WriterMemoryRatio)} from writers' memory), {Round(report.WalFetchReadRatio)} by fetches");
        output.WriteLine($"             {Words.Bytes(report.WalUsedBytes)} used now");
        output.WriteLine($"objects      {Round(report.StoredRatio)} bytes drained for each ingested one");
        output.WriteLine($"cross-zone   bytes are not measured; connections given another zone's writer: {Round(report.OtherZoneWriters)}");
        output.WriteLine();
        var requests = new Columns("request", "cause", "count", "per GiB");
        foreach (var request in report.Requests)
        {
            requests.Add(request.Kind, request.Cause, Round(request.Count), Round(request.PerGiB));
        }

        requests.Add("PUT-class", "", "", Round(report.PutsPerGiB));
        requests.Add("GET-class", "", "", Round(report.GetsPerGiB));
        requests.WriteTo(output);
        output.WriteLine();
        var dollars = new Columns("USD a month", "as measured", "at 1 GiB/s", "AutoMQ+FSx", "AutoMQ S3 WAL", "Kafka");
        dollars.Add("WAL volume", Round(report.AsMeasured.WalVolume), Round(report.AtOneGiBPerSecond.WalVolume), "8217", "-", "-");
        dollars.Add("S3 requests", Round(report.AsMeasured.Requests), Round(report.AtOneGiBPerSecond.Requests), "686", "3952", "-");
        dollars.Add("storage", Round(report.AsMeasured.Storage), Round(report.AtOneGiBPerSecond.Storage), "5961", "5961", "69984");
        dollars.Add("cross-zone", "not measured", "not measured", "127", "127", "138240");
        dollars.Add("instances", "not counted", "not counted", "2859", "2859", "18447");
        dollars.WriteTo(output);
        output.WriteLine();
        output.WriteLine($"records kept {Round(report.RetentionHours)} h; prices of {report.PricesDate}; the last three columns are AutoMQ's own figures for 1 GiB/s kept 72 h");
    }

    private static string Round(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
