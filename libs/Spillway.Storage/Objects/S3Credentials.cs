using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace Spillway.Storage.Objects;

/// <summary>
/// Whose requests they are: keys of the options, else a profile of the options, else what the SDK's chain finds (environment, web identity of
/// a Kubernetes service account, shared profile files, container, instance).
/// </summary>
internal static class S3Credentials
{
    /// <summary>Null leaves it to the SDK's chain, which asks when the first request is made and renews what expires.</summary>
    /// <exception cref="ObjectStoreRefusedException">There is no such profile.</exception>
    public static AWSCredentials? Choose(S3StoreOptions options)
    {
        if (!string.IsNullOrEmpty(options.AccessKey))
        {
            return string.IsNullOrEmpty(options.SessionToken)
                ? new BasicAWSCredentials(options.AccessKey, options.SecretKey)
                : new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.SessionToken);
        }

        if (string.IsNullOrEmpty(options.Profile))
        {
            return null;
        }

        return new CredentialProfileStoreChain(options.ProfilesFile).TryGetAWSCredentials(options.Profile, out var credentials)
            ? credentials
            : throw new ObjectStoreRefusedException(
                "", $"{ObjectStoreOptions.Section}:S3:Profile '{options.Profile}' is in no AWS profile file.");
    }
}
