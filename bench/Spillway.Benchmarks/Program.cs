using BenchmarkDotNet.Running;
using Spillway.Benchmarks.Admin;
using Spillway.Benchmarks.Metadata;
using Spillway.Benchmarks.Produce;
using Spillway.Benchmarks.Raft;
using Spillway.Benchmarks.ReadPath;
using Spillway.Benchmarks.Retention;
using Spillway.Benchmarks.Wal;
using Spillway.Benchmarks.WritePath;

switch (args)
{
    case ["raft", ..]:
        await ReplicatedLogMeasurement.RunAsync(args.AsMemory(1));
        break;
    case ["metadata", ..]:
        BlockCommitMeasurement.Run(args.AsSpan(1));
        break;
    case ["transactions", ..]:
        EndTransactionMeasurement.Run(args.AsSpan(1));
        break;
    case ["state", ..]:
        StateSizeMeasurement.Run(args.AsSpan(1));
        break;
    case ["wal", ..]:
        WalMeasurement.Run(args.AsSpan(1));
        break;
    case ["produce", ..]:
        await ProduceMeasurement.RunAsync(args[1..]);
        break;
    case ["admin", ..]:
        await AdminMeasurement.RunAsync(args[1..]);
        break;
    case ["retention", ..]:
        await RetentionMeasurement.RunAsync(args[1..]);
        break;
    case ["write-path", ..]:
        await WritePathMeasurement.RunAsync(args[1..]);
        Environment.Exit(0); // the platform in this process is stopped with it
        break;
    case ["read-path", ..]:
        await ReadPathMeasurement.RunAsync(args[1..]);
        Environment.Exit(0); // the platform in this process is stopped with it
        break;
    case ["catch-up", ..]:
        await CatchUpLoad.RunAsync(args[1..]);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(BlockCommitMeasurement).Assembly).Run(args);
        break;
}
