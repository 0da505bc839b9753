namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>What AWS's token service answers to a web identity: keys that hold for an hour.</summary>
internal static class StubSts
{
    public const string AccessKey = "ASIAWEBIDENTITY00000";

    public static string Answer { get; } = $"""
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>system:serviceaccount:spillway:compactor</SubjectFromWebIdentityToken>
            <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/spillway/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
            <Credentials>
              <SessionToken>token-of-the-role</SessionToken>
              <SecretAccessKey>secret</SecretAccessKey>
              <Expiration>2999-01-01T00:00:00Z</Expiration>
              <AccessKeyId>{AccessKey}</AccessKeyId>
            </Credentials>
            <Provider>arn:aws:iam::123456789012:oidc-provider/x</Provider>
          </AssumeRoleWithWebIdentityResult>
          <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
        </AssumeRoleWithWebIdentityResponse>
        """;
}
