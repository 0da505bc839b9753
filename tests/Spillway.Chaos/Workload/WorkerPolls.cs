using Spillway.Chaos.Clients;
using Spillway.History.Events;

namespace Spillway.Chaos.Workload;

/// <summary>One poll with its lines in the history.</summary>
internal static class WorkerPolls
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(250);

    /// <summary>Polls once; the result is whether anything came.</summary>
    public static async Task<bool> PollAsync(ChaosConsumer consumer, ProcessHistory history, KeyProgress progress)
    {
        var id = history.Begin(Operation.Poll);
        var fetched = await consumer.PollAsync(Wait);
        List<Step> steps = [];
        foreach (var partition in fetched)
        {
            var key = partition.Partition.ToString();
            if (partition.Runs.Count > 0)
            {
                steps.Add(new Step(StepKind.Poll, key, partition.Runs));
                progress.Poll(partition.Partition, partition.Runs[^1].LastOffset);
            }

            if (partition.CorruptAt >= 0)
            {
                steps.Add(Step.Corrupt(key, partition.CorruptAt));
            }
        }

        foreach (var error in fetched.Select(static partition => partition.Error).OfType<string>().Distinct())
        {
            history.NoteError(error);
        }

        history.End(id, Operation.Poll, Outcome.Ok, null, [.. steps]);
        return steps.Count > 0;
    }
}
