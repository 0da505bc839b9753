namespace Spillway.S3Compactor.Compacting;

/// <summary>What a cleaning goes by besides the keys.</summary>
/// <param name="NowMs">Metadata's time, in ms since 1970.</param>
/// <param name="DeleteRetentionMs">How long tombstones and empty transactions' markers are kept after they were first seen.</param>
/// <param name="SeesLogStart">The cleaning begins with the log's first record: a transaction without data before its marker has none.</param>
/// <param name="Producers">The last of each producer that the log still knows, by producer id.</param>
internal sealed record CleaningRules(
    long NowMs, long DeleteRetentionMs, bool SeesLogStart, IReadOnlyDictionary<long, LastOfProducer> Producers);
