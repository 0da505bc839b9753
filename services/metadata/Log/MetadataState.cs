using Google.Protobuf;
using Spillway.Metadata.Features;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Jobs;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Retention;
using Spillway.Metadata.Scrubbing;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Log;

/// <summary>
/// The whole state: its parts, and which part takes which command. Pure: equal commands in equal order give equal states and
/// equal results on every node. Not thread-safe; <see cref="MetadataStateMachine"/> holds the lock.
/// </summary>
internal sealed class MetadataState
{
    private readonly BlockCommits _blocks;
    private readonly ObjectCommits _objects;
    private readonly IndexTrimming _trimming;
    private readonly RecordRetention _retention;
    private readonly TransactionCommands _transactions;
    private readonly TransactionOffsets _transactionOffsets;
    private readonly MarkerTimestamps _markerTimestamps;

    public MetadataState()
    {
        Containers = new ContainerTable(Clock);
        Nodes = new NodeTable(Clock, Containers, Changes);
        Configs = new ConfigChanges(Topics, Changes);
        Features = new FeatureLevels(Changes);
        _trimming = new IndexTrimming(Topics, Containers);
        _retention = new RecordRetention(Clock, Topics, Changes);
        TopicChanges = new TopicChanges(Topics, _trimming, Changes);
        Producers = new ProducerIds(Clock, Topics);
        Groups = new GroupTable(Clock, Topics);
        _markerTimestamps = new MarkerTimestamps(Configs);
        TransactionEnds = new TransactionEnds(Clock, Topics, Containers, Groups, Transactions, Producers, _markerTimestamps, Changes);
        _transactions = new TransactionCommands(Clock, Topics, Transactions, TransactionEnds, Producers);
        _transactionOffsets = new TransactionOffsets(Clock, Transactions, _transactions, Groups);
        var appends = new TransactionAppends(Transactions, _transactions);
        _blocks = new BlockCommits(Clock, Nodes, Containers, Topics, Producers, appends, Changes);
        _objects = new ObjectCommits(Clock, Containers, Topics);
        Scrubs = new Scrubs(Clock, Containers);
        Jobs = new JobTable(Clock, Nodes, Containers, Topics, _objects, new LogCompactions(Clock, Topics, Containers, Changes), Scrubs);
    }

    public StateClock Clock { get; } = new();

    /// <summary>For those who watch; cleared by them.</summary>
    public AppliedChanges Changes { get; } = new();

    /// <summary>16 bytes; empty before the cluster has an id.</summary>
    public byte[] ClusterId { get; set; } = [];

    /// <summary>Index of the last command that changed what <see cref="ImageUpdate"/> shows.</summary>
    public long ImageVersion { get; set; }

    public TopicTable Topics { get; } = new();

    public TopicChanges TopicChanges { get; }

    public ConfigChanges Configs { get; }

    public FeatureLevels Features { get; }

    public ContainerTable Containers { get; }

    public NodeTable Nodes { get; }

    public JobTable Jobs { get; }

    public Scrubs Scrubs { get; }

    public ProducerIds Producers { get; }

    public GroupTable Groups { get; }

    public TransactionTable Transactions { get; } = new();

    public TransactionEnds TransactionEnds { get; }

    /// <summary>Takes one command and gives what its proposer is told.</summary>
    public object Apply(ulong index, Command command)
    {
        Clock.Advance(command.TimeMs);
        Clock.Index = (long)index;
        _markerTimestamps.IsLogAppendTimeAtStart = command.LogAppendTime;
        return Noted(index, Dispatch(command));
    }

    /// <summary>The same for the commit of a block, which is read as it is applied.</summary>
    public BlockOutcome Apply(ulong index, long timeMs, CommitBlockReader block)
    {
        Clock.Advance(timeMs);
        Clock.Index = (long)index;
        return Noted(index, _blocks.Commit(block));
    }

    private T Noted<T>(ulong index, T result)
    {
        if (Changes.ImageChanged)
        {
            ImageVersion = (long)index;
        }

        return result;
    }

    private object Dispatch(Command command) => command.ChangeCase switch
    {
        Command.ChangeOneofCase.InitializeCluster => Initialize(command.InitializeCluster),
        Command.ChangeOneofCase.RegisterNode => Nodes.Register(command.RegisterNode, ClusterId),
        Command.ChangeOneofCase.RenewNode => Nodes.Renew(command.RenewNode),
        Command.ChangeOneofCase.DeregisterNode => Nodes.Deregister(command.DeregisterNode),
        Command.ChangeOneofCase.ExpireDeadlines => ExpireDeadlines(),
        Command.ChangeOneofCase.ConfirmRestore => Confirm(command.ConfirmRestore),
        Command.ChangeOneofCase.OpenSegment => _blocks.Open(command.OpenSegment),
        Command.ChangeOneofCase.CommitBlock => _blocks.Commit(new CommitBlockReader(command.CommitBlock.ToByteArray())),
        Command.ChangeOneofCase.SealSegment => _blocks.Seal(command.SealSegment),
        Command.ChangeOneofCase.CreateTopics => TopicChanges.Create(command.CreateTopics),
        Command.ChangeOneofCase.DeleteTopics => DeleteTopics(command.DeleteTopics),
        Command.ChangeOneofCase.CreatePartitions => TopicChanges.CreatePartitions(command.CreatePartitions),
        Command.ChangeOneofCase.DeleteRecords => TopicChanges.DeleteRecords(command.DeleteRecords),
        Command.ChangeOneofCase.AlterConfigs => Configs.Alter(command.AlterConfigs),
        Command.ChangeOneofCase.UpdateFeatures => Features.Update(command.UpdateFeatures),
        Command.ChangeOneofCase.AllocateProducerIds => Producers.Allocate(command.AllocateProducerIds),
        Command.ChangeOneofCase.TrimIndexes => Trim(command.TrimIndexes),
        Command.ChangeOneofCase.ExpireProducers => Producers.Expire(command.ExpireProducers),
        Command.ChangeOneofCase.ExpireRecords => _retention.Expire(command.ExpireRecords),
        Command.ChangeOneofCase.AcquireJob => Jobs.Acquire(command.AcquireJob),
        Command.ChangeOneofCase.RenewJob => Jobs.Renew(command.RenewJob),
        Command.ChangeOneofCase.CompleteJob => Jobs.Complete(command.CompleteJob),
        Command.ChangeOneofCase.PrepareObject => Jobs.PrepareObject(command.PrepareObject, ClusterId),
        Command.ChangeOneofCase.CommitObject => _objects.Commit(command.CommitObject),
        Command.ChangeOneofCase.PutGroup => Groups.Put(command.PutGroup),
        Command.ChangeOneofCase.CommitOffsets => Groups.Commit(command.CommitOffsets),
        Command.ChangeOneofCase.DeleteGroups => Groups.Delete(command.DeleteGroups),
        Command.ChangeOneofCase.ExpireOffsets => Groups.Expire(command.ExpireOffsets),
        Command.ChangeOneofCase.ChangeConsumerGroup => Groups.Change(command.ChangeConsumerGroup),
        Command.ChangeOneofCase.DeleteOffsets => Groups.DeleteOffsets(command.DeleteOffsets),
        Command.ChangeOneofCase.InitProducer => _transactions.Init(command.InitProducer),
        Command.ChangeOneofCase.AddPartitions => _transactions.AddPartitions(command.AddPartitions),
        Command.ChangeOneofCase.AddOffsets => _transactions.AddOffsets(command.AddOffsets),
        Command.ChangeOneofCase.EndTransaction => _transactions.End(command.EndTransaction),
        Command.ChangeOneofCase.CommitTransactionOffsets => _transactionOffsets.Commit(command.CommitTransactionOffsets),
        Command.ChangeOneofCase.AbortProducer => _transactions.Abort(command.AbortProducer),
        Command.ChangeOneofCase.AbortTimedOut => _transactions.AbortTimedOut(command.AbortTimedOut),
        Command.ChangeOneofCase.ExpireTransactions => _transactions.Expire(command.ExpireTransactions),

        // A command of a newer version: to skip it would make this node another state than the others.
        _ => throw new InvalidDataException("The log holds a command that this version does not know."),
    };

    private InitializeCluster Initialize(InitializeCluster command)
    {
        if (ClusterId.Length == 0)
        {
            ClusterId = command.ClusterId.ToByteArray();
        }

        return command;
    }

    private DeleteTopicsResult DeleteTopics(DeleteTopicsCall command)
    {
        var result = TopicChanges.Delete(command);
        foreach (var deleted in result.Topics)
        {
            if (deleted.ErrorCode == 0)
            {
                Groups.DropTopic(TopicIds.Read(deleted.TopicId));
                Topics.DeletedBeforeProducerId = Producers.Next;
            }
        }

        return result;
    }

    private ExpireDeadlines ExpireDeadlines()
    {
        Nodes.ExpireLeases();
        Jobs.ExpireLeases();
        Containers.ExpirePrepared();
        return new ExpireDeadlines();
    }

    private ConfirmRestore Confirm(ConfirmRestore command)
    {
        if (command.Incarnation >= Containers.Incarnation)
        {
            Containers.IsCollectionHeld = false;
        }

        return command;
    }

    private TrimIndexes Trim(TrimIndexes command)
    {
        _trimming.Trim(command.EntriesMax);
        return command;
    }
}
