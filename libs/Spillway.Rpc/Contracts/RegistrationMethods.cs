using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Registration</c>: registrations and leases.</summary>
public static class RegistrationMethods
{
    private const string Service = "spillway.metadata.v1.Registration";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<RegisterRequest, RegisterReply> Register { get; } =
        RpcMethod.Create<RegisterRequest, RegisterReply>(Service, "Register");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<RenewRequest, RenewReply> Renew { get; } =
        RpcMethod.Create<RenewRequest, RenewReply>(Service, "Renew");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DeregisterRequest, DeregisterReply> Deregister { get; } =
        RpcMethod.Create<DeregisterRequest, DeregisterReply>(Service, "Deregister");
}
