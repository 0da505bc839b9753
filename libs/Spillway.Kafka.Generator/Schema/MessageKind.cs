namespace Spillway.Kafka.Generator.Schema;

/// <summary>What a message is to the protocol.</summary>
internal enum MessageKind
{
    Request,
    Response,
    Header,
    Data,
}
