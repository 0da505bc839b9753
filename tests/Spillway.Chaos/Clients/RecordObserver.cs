using Spillway.Kafka.Records;

namespace Spillway.Chaos.Clients;

/// <summary>Looks at one record while its bytes are there.</summary>
internal delegate void RecordObserver(in Record record);
