using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>
/// A process that is restarted with the other protocol now and then: one that rolls through all of a group's upgrades it, or downgrades it,
/// and goes back on the way (KIP-848, "Online migration").
/// </summary>
internal sealed class SimulatedProcess(SimulatedConsumers group, Random random, string? instanceId) : ISimulatedClient
{
    private ISimulatedClient _client = new SimulatedClassicConsumer(group, random, instanceId);

    public string Id => _client.Id;

    public int Epoch => _client.Epoch;

    public PartitionSet Owned => _client.Owned;

    public string[] TopicNames => _client.TopicNames;

    public bool IsClassic => _client is SimulatedClassicConsumer;

    public void Step()
    {
        if (random.Next(120) == 0)
        {
            Restart(classic: !IsClassic);
        }
        else
        {
            _client.Step();
        }
    }

    public void Look() => _client.Look();

    public void Behave() => _client.Behave();

    /// <summary>What it was before has died without a word, or has left in order.</summary>
    public void Restart(bool classic)
    {
        if (classic == IsClassic)
        {
            return;
        }

        if (random.Next(2) == 0)
        {
            (_client as SimulatedClassicConsumer)?.Leave();
            (_client as SimulatedConsumer)?.Leave();
        }

        _client = classic ? new SimulatedClassicConsumer(group, random, instanceId) : new SimulatedConsumer(group, random, instanceId);
    }
}
