using Spillway.Kafka.Messages;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>A produce request, checked: the targets in the request's order, and the batches that go to the writer.</summary>
internal sealed class ProducePlan(ProduceRequest request, int targetCount)
{
    private int _count;

    public ProduceRequest Request { get; } = request;

    public ProduceTarget[] Targets { get; } = new ProduceTarget[targetCount];

    public List<BatchToAppend> Batches { get; } = new(targetCount);

    public void Add(in ProduceTarget target)
    {
        Targets[_count++] = target;
        if (target.IsAccepted)
        {
            Batches.Add(new BatchToAppend(target.LogId, target.Batch));
        }
    }

    public bool HasError
    {
        get
        {
            foreach (ref readonly var target in Targets.AsSpan(0, _count))
            {
                if (!target.IsAccepted)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
