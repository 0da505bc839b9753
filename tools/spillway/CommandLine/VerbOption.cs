namespace Spillway.Tool.CommandLine;

/// <summary>An option of a verb.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Value">What its value is called in the help; null: it is a flag.</param>
/// <param name="Meaning">One line of help.</param>
internal sealed record VerbOption(string Name, string? Value, string Meaning)
{
    public static VerbOption Json { get; } = new("--json", null, "print JSON instead of text");

    public static VerbOption S3Endpoint { get; } = new("--s3-endpoint", "URL", "an S3 server other than AWS, as http://minio:9000");

    public static VerbOption S3Region { get; } = new("--s3-region", "REGION", "what requests are signed for; default us-east-1");
}
