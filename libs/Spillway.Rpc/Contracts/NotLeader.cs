using System.Globalization;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// How a metadata node says that it does not lead: a failure with the leader it knows, if any, in the trailers
/// <c>spillway-leader</c> (a URL, or <c>unknown</c>) and <c>spillway-term</c>. With <see cref="RpcStatusCode.Unavailable"/> the call was
/// certainly not carried out.
/// </summary>
/// <param name="Leader">Where the leader's RPC is; null where the node knows none.</param>
/// <param name="Term">The term that this is said of: what is said of a later one is newer.</param>
public sealed record NotLeader(Uri? Leader, ulong Term)
{
    private const string LeaderTrailer = "spillway-leader";
    private const string TermTrailer = "spillway-term";
    private const string Unknown = "unknown"; // an entry without a value would not cross the wire

    /// <summary>The failure that says so.</summary>
    /// <param name="code">Unavailable where the call was certainly not carried out.</param>
    /// <param name="detail">For a person.</param>
    /// <param name="leaderAddress">The leader's RPC, as far as it is known.</param>
    /// <param name="term">The node's term.</param>
    /// <param name="innerException">The cause.</param>
    public static RpcException ToException(
        RpcStatusCode code, string detail, string? leaderAddress, ulong term, Exception? innerException = null) =>
        new(code, detail, innerException)
        {
            Trailers = new RpcMetadata
            {
                { LeaderTrailer, IsHint(leaderAddress) ? leaderAddress! : Unknown },
                { TermTrailer, term.ToString(CultureInfo.InvariantCulture) },
            },
        };

    /// <summary>What the failure says of the leader; null where it says nothing.</summary>
    public static NotLeader? Find(RpcException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure.Trailers?.Find(LeaderTrailer) is not { } leader)
        {
            return null;
        }

        _ = ulong.TryParse(
            failure.Trailers.Find(TermTrailer), NumberStyles.None, CultureInfo.InvariantCulture, out var term);
        return new NotLeader(NeighbourOptions.IsAddress(leader) ? new Uri(leader) : null, term);
    }

    // Trailers are printable ASCII; a name beyond that is found by asking the nodes that are configured.
    private static bool IsHint(string? address) =>
        address is not null && NeighbourOptions.IsAddress(address) && address.All(static c => c is > ' ' and <= '~');
}
