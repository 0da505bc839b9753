using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Groups</c> from an implementation in this process.</summary>
public static class GroupMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapGroupService(this IEndpointRouteBuilder endpoints, IGroupService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(GroupMethods.JoinGroup, (request, context) => service.JoinGroupAsync(request, context.CancellationToken))
            .Unary(GroupMethods.SyncGroup, (request, context) => service.SyncGroupAsync(request, context.CancellationToken))
            .Unary(GroupMethods.Heartbeat, (request, context) => service.HeartbeatAsync(request, context.CancellationToken))
            .Unary(GroupMethods.LeaveGroup, (request, context) => service.LeaveGroupAsync(request, context.CancellationToken))
            .Unary(GroupMethods.CommitOffsets, (request, context) => service.CommitOffsetsAsync(request, context.CancellationToken))
            .Unary(GroupMethods.FetchOffsets, (request, context) => service.FetchOffsetsAsync(request, context.CancellationToken))
            .Unary(GroupMethods.DescribeGroups, (request, context) => service.DescribeGroupsAsync(request, context.CancellationToken))
            .Unary(GroupMethods.ListGroups, (request, context) => service.ListGroupsAsync(request, context.CancellationToken))
            .Unary(GroupMethods.DeleteGroups, (request, context) => service.DeleteGroupsAsync(request, context.CancellationToken))
            .Unary(
                GroupMethods.ConsumerGroupHeartbeat,
                (request, context) => service.ConsumerGroupHeartbeatAsync(request, context.CancellationToken))
            .Unary(
                GroupMethods.DescribeConsumerGroups,
                (request, context) => service.DescribeConsumerGroupsAsync(request, context.CancellationToken))
            .Unary(GroupMethods.DeleteOffsets, (request, context) => service.DeleteOffsetsAsync(request, context.CancellationToken)));
}
