using Spillway.EndToEnd.Tests.Processes;

namespace Spillway.EndToEnd.Tests.Life;

/// <summary>What a life cost: requests of the object store by kind and cause, and bytes of the WAL's volume, summed over all processes.</summary>
internal sealed record LifeCosts(IReadOnlyDictionary<(string Kind, string Cause), double> Requests, double ProducedBytes, double StoredBytes)
{
    private static readonly string[] PutClass = ["put", "part", "copy", "multipart", "list"];
    private static readonly string[] Kinds = [.. PutClass, "get", "head", "delete"];
    private static readonly string[] Causes = ["drain", "merge", "compaction", "fetch", "index", "garbage", "scrub", "snapshot", "other"];

    private double GiB => ProducedBytes / (1L << 30);

    /// <summary>Requests at the price of a PUT for each GiB produced.</summary>
    public double PutsPerGiB => Requests.Where(static r => PutClass.Contains(r.Key.Kind)).Sum(static r => r.Value) / GiB;

    /// <summary>Bytes stored in objects for each byte produced, merges and all.</summary>
    public double StoredRatio => StoredBytes / ProducedBytes;

    public static async Task<LifeCosts> ReadAsync(FiveProcessCluster cluster)
    {
        var requests = new Dictionary<(string, string), double>();
        foreach (var kind in Kinds)
        {
            foreach (var cause in Causes)
            {
                var count = await SumAsync(cluster, "spillway_object_store_requests_total", $"cause=\"{cause}\",kind=\"{kind}\"");
                if (count > 0)
                {
                    requests[(kind, cause)] = count;
                }
            }
        }

        return new LifeCosts(
            requests,
            await SumAsync(cluster, "spillway_frontend_produced_bytes_total", ""),
            await SumAsync(cluster, "spillway_object_store_sent_bytes_total", ""));
    }

    public override string ToString() =>
        $"{PutsPerGiB:F1} PUT-class requests per GiB, {StoredRatio:F2} bytes stored per byte produced; "
        + string.Join(", ", Requests.OrderBy(static r => r.Key).Select(static r => $"{r.Key.Kind} for {r.Key.Cause}: {r.Value:F0}"));

    private static async Task<double> SumAsync(FiveProcessCluster cluster, string name, string containing)
    {
        var sum = 0.0;
        foreach (var port in cluster.HealthPorts)
        {
            sum += await Prometheus.ReadAsync(port, name, containing);
        }

        return sum;
    }
}
