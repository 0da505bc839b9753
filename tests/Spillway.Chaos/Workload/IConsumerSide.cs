namespace Spillway.Chaos.Workload;

/// <summary>The consumer of a worker: one step after the other until its clients are dropped.</summary>
internal interface IConsumerSide : IDisposable
{
    Task StepAsync();
}
