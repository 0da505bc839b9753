#pragma warning disable
namespace Spillway.Kafka.Errors;
internal enum ErrorCode : short { UnknownServerError=-1, None=0, OffsetOutOfRange=1, UnknownTopicOrPartition=3, InvalidTopicException=17, TopicAlreadyExists=36, InvalidPartitions=37, InvalidReplicationFactor=38, InvalidConfig=40, InvalidRequest=42, OutOfOrderSequenceNumber=45, DuplicateSequenceNumber=46, InvalidProducerEpoch=47, InvalidTxnState=48, InvalidRecord=87, UnknownTopicId=100 }
