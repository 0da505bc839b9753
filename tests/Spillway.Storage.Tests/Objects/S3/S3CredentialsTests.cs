using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>Whose keys sign requests: told by what arrives at the server. Alone, since the SDK's chain reads the process's environment.</summary>
[Collection(nameof(ProcessEnvironment))]
public sealed class S3CredentialsTests : IAsyncLifetime
{
    private static readonly string[] Variables =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL_STS",
        "AWS_EC2_METADATA_DISABLED", "AWS_REGION",
    ];

    private readonly Dictionary<string, string?> _before = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("spillway-credentials").FullName;
    private StubS3Server _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var variable in Variables)
        {
            _before[variable] = Environment.GetEnvironmentVariable(variable);
            Environment.SetEnvironmentVariable(variable, null);
        }

        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_folder, "credentials"));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Path.Combine(_folder, "config"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "credentials"),
            """
            [spillway]
            aws_access_key_id = from-the-profile
            aws_secret_access_key = secret

            """,
            Token);
        _server = await StubS3Server.StartAsync(Token);
    }

    [Fact]
    public async Task Keys_of_the_options_sign_whatever_the_environment_says()
    {
        SetEnvironmentKeys();
        Assert.Equal(("from-the-options", "session"), await SignerOfAsync("from-the-options", "session"));
    }

    [Fact]
    public async Task A_profile_of_the_options_signs_whatever_the_environment_says()
    {
        SetEnvironmentKeys();
        Assert.Equal(("from-the-profile", null), await SignerOfAsync(profile: "spillway"));
    }

    [Fact]
    public async Task Keys_of_the_environment_sign_where_the_options_name_none()
    {
        SetEnvironmentKeys();
        Assert.Equal(("from-the-environment", null), await SignerOfAsync());
    }

    [Fact]
    public async Task A_service_account_of_Kubernetes_signs_as_the_role_it_takes_on()
    {
        var tokenFile = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(tokenFile, "a.web.token", Token);
        Environment.SetEnvironmentVariable("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/spillway");
        Environment.SetEnvironmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE", tokenFile);
        Environment.SetEnvironmentVariable("AWS_REGION", "us-east-1");
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", _server.Endpoint);

        Assert.Equal((StubSts.AccessKey, "token-of-the-role"), await SignerOfAsync());
    }

    [Fact]
    public void A_profile_that_is_nowhere_is_told_by_its_key()
    {
        var e = Assert.Throws<ObjectStoreRefusedException>(() => new S3ObjectStore(OptionsOf(null, null, "nobody")));
        Assert.Contains("Spillway:ObjectStore:S3:Profile 'nobody'", e.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (variable, value) in _before)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }

        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static void SetEnvironmentKeys()
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "from-the-environment");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "secret");
    }

    /// <summary>The access key and the session token of a request.</summary>
    private async Task<(string AccessKey, string? SessionToken)> SignerOfAsync(
        string? accessKey = null, string? sessionToken = null, string? profile = null)
    {
        using var store = new S3ObjectStore(OptionsOf(accessKey, sessionToken, profile));
        await store.PutAsync("a", new ObjectPayload(new byte[10]), PutMode.Replace, Token);
        var put = _server.Requests.Single(request => request.Method == "PUT");
        // AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/s3/aws4_request, …
        var key = put.Headers["authorization"].Split("Credential=")[1].Split('/')[0];
        return (key, put.Headers.GetValueOrDefault("x-amz-security-token"));
    }

    private S3StoreOptions OptionsOf(string? accessKey, string? sessionToken, string? profile) => new()
    {
        Endpoint = _server.Endpoint,
        Bucket = "bucket",
        AccessKey = accessKey,
        SecretKey = accessKey is null ? null : "secret",
        SessionToken = sessionToken,
        Profile = profile,
        ProfilesFile = profile is null ? null : Path.Combine(_folder, "credentials"),
        RetriesMax = 0,
    };
}
