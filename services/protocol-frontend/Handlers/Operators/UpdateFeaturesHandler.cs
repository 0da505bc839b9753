using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Operators;

/// <summary>UpdateFeatures (KIP-584, KIP-1022): all of the updates or none. The answer waits until this frontend tells the new levels.</summary>
internal sealed class UpdateFeaturesHandler(IAdminService admin, ClusterView cluster, ILogger<UpdateFeaturesHandler> logger)
    : ApiHandler<UpdateFeaturesRequest, UpdateFeaturesResponse>(logger)
{
    // Before, a flag allowed a downgrade (KIP-778).
    private const short UpgradeTypeVersion = 1;

    // From here on there is one result for all.
    private const short OneResultVersion = 2;

    public override ApiKey ApiKey => ApiKey.UpdateFeatures;

    protected override async ValueTask<UpdateFeaturesResponse> HandleAsync(RequestContext context, UpdateFeaturesRequest request)
    {
        var call = new UpdateFeaturesCall { ValidateOnly = request.ValidateOnly };
        foreach (var update in request.FeatureUpdates)
        {
            call.Updates.Add(new FeatureUpdate { Name = update.Feature, Level = update.MaxVersionLevel, Kind = KindOf(context, update) });
        }

        var reply = await admin.UpdateFeaturesAsync(call, context.Aborted).ConfigureAwait(false);
        if (reply.ErrorCode != 0)
        {
            return new UpdateFeaturesResponse { ErrorCode = (short)reply.ErrorCode, ErrorMessage = reply.ErrorMessage };
        }

        await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
        var response = new UpdateFeaturesResponse();
        foreach (var update in context.ApiVersion < OneResultVersion ? request.FeatureUpdates : [])
        {
            response.Results.Add(new() { Feature = update.Feature });
        }

        return response;
    }

    protected override UpdateFeaturesResponse Fail(RequestContext context, UpdateFeaturesRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };

    private static FeatureUpdate.Types.Kind KindOf(RequestContext context, UpdateFeaturesRequest.FeatureUpdateKey update) =>
        context.ApiVersion < UpgradeTypeVersion
            ? update.AllowDowngrade ? FeatureUpdate.Types.Kind.SafeDowngrade : FeatureUpdate.Types.Kind.Upgrade
            : update.UpgradeType is >= 1 and <= 3 ? (FeatureUpdate.Types.Kind)update.UpgradeType
            : FeatureUpdate.Types.Kind.Unknown;
}
