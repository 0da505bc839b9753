using Spillway.History.Events;

namespace Spillway.History.Checking;

/// <summary>One producer from its start to its end: the sends of one such keep their order in a partition.</summary>
internal sealed record ProducerOrder(int Number, int Process, ClientSettings Client);
