namespace Spillway.Kafka.Configs;

/// <summary>Broker configs that are one config in several units, the strongest first.</summary>
internal static class BrokerSynonyms
{
    private static readonly string[][] Families =
    [
        ["log.roll.ms", "log.roll.hours"],
        ["log.roll.jitter.ms", "log.roll.jitter.hours"],
        ["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
    ];

    public static string[] Of(string name) => name == "log.flush.interval.ms"
        ? ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"]
        : Array.Find(Families, family => family.Contains(name)) ?? [name];
}
