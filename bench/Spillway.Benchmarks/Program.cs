using BenchmarkDotNet.Running;
using Spillway.Benchmarks.Metadata;
using Spillway.Benchmarks.Produce;
using Spillway.Benchmarks.Raft;
using Spillway.Benchmarks.Wal;

switch (args)
{
    case ["raft", ..]:
        await ReplicatedLogMeasurement.RunAsync(args.AsMemory(1));
        break;
    case ["metadata", ..]:
        BlockCommitMeasurement.Run(args.AsSpan(1));
        break;
    case ["wal", ..]:
        WalMeasurement.Run(args.AsSpan(1));
        break;
    case ["produce", ..]:
        await ProduceMeasurement.RunAsync(args[1..]);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(BlockCommitMeasurement).Assembly).Run(args);
        break;
}
