using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects;

namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>
/// A stub of S3's HTTP interface for faults that no real server gives at will: objects in memory, path style, checksums and conditions checked,
/// signatures not. The next requests of a method fail as a test says. Real servers run the same contract in <see cref="S3ObjectStoreTests"/>.
/// </summary>
internal sealed class StubS3Server : IAsyncDisposable
{
    private readonly Lock _lock = new();                            // guards the collections below
    private readonly Dictionary<string, (byte[] Bytes, string Crc)> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Key, string Crc, SortedDictionary<int, byte[]> Parts)> _uploads = [];
    private readonly Dictionary<string, Queue<StubFault>> _faults = [];
    private readonly List<StubRequest> _requests = [];
    private readonly WebApplication _app;

    private StubS3Server(WebApplication app) => _app = app;

    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>How many requests stand still.</summary>
    public int StalledCount { get; private set; }

    public IReadOnlyList<StubRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static async Task<StubS3Server> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var stub = new StubS3Server(app);
        app.Run(stub.AnswerAsync);
        await app.StartAsync(cancellationToken);
        return stub;
    }

    public const int PartBytes = 5 << 20;

    public S3StoreOptions Options(S3EncryptionOptions? encryption = null, int retriesMax = 4) => new()
    {
        Endpoint = Endpoint,
        Bucket = "bucket",
        AccessKey = "access",
        SecretKey = "secret",
        RetriesMax = retriesMax,
        PartBytes = PartBytes,
        Encryption = encryption ?? new(),
    };

    /// <summary>Lets the next requests of a method (<c>PUT</c>, or <c>PUT part</c>, <c>POST uploadId</c>) fail.</summary>
    public void Fail(string operation, StubFault fault, int count = 1)
    {
        lock (_lock)
        {
            if (!_faults.TryGetValue(operation, out var queue))
            {
                _faults[operation] = queue = new Queue<StubFault>();
            }

            for (var i = 0; i < count; i++)
            {
                queue.Enqueue(fault);
            }
        }
    }

    public byte[]? Find(string key)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(key, out var found) ? found.Bytes : null;
        }
    }

    public void Set(string key, byte[] bytes)
    {
        lock (_lock)
        {
            _objects[key] = (bytes, "");
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string OperationOf(HttpRequest request) =>
        request.Query.ContainsKey("partNumber") ? "PUT part"
        : request.Query.ContainsKey("uploads") ? "POST uploads"
        : request.Query.ContainsKey("uploadId") ? request.Method + " uploadId"
        : request.Method;

    private async Task AnswerAsync(HttpContext context)
    {
        StubFault? fault = null;
        var request = context.Request;
        lock (_lock)
        {
            _requests.Add(new StubRequest(
                request.Method,
                request.Path.Value!,
                request.QueryString.Value ?? "",
                request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString())));
            if (_faults.TryGetValue(OperationOf(request), out var queue) && queue.TryDequeue(out var next))
            {
                fault = next;
            }
        }

        if (fault == StubFault.Truncated)
        {
            await request.Body.ReadExactlyAsync(new byte[(int)request.ContentLength!.Value / 2], context.RequestAborted);
            context.Abort();
            return;
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        if (fault is StubFault.SlowDown or StubFault.Error)
        {
            await RefuseAsync(context, fault == StubFault.SlowDown ? 503 : 500, fault == StubFault.SlowDown ? "SlowDown" : "InternalError");
            return;
        }

        if (fault == StubFault.Unread)
        {
            context.Response.StatusCode = 400;
            return;
        }

        if (fault == StubFault.DoneUnanswered)
        {
            // The effect, with an answer that goes nowhere.
            context.Response.Body = Stream.Null;
            await ServeAsync(context, body.ToArray(), isStalled: false);
            context.Abort();
            return;
        }

        await ServeAsync(context, body.ToArray(), fault == StubFault.Stalled);
    }

    private Task ServeAsync(HttpContext context, byte[] body, bool isStalled)
    {
        var request = context.Request;
        if (request.Path == "/" && Encoding.UTF8.GetString(body).Contains("AssumeRoleWithWebIdentity", StringComparison.Ordinal))
        {
            return AnswerXmlAsync(context, StubSts.Answer);
        }

        var key = request.Path.Value!["/bucket/".Length..];
        return OperationOf(request) switch
        {
            "PUT" or "PUT part" when !HasChecksumOf(request, body) => RefuseAsync(context, 400, "BadDigest"),
            "PUT" => PutAsync(context, key, body, request.Headers["x-amz-meta-spillway-crc32c"].ToString()),
            "POST uploads" => BeginAsync(context, key),
            "PUT part" => PutPartAsync(context, body),
            "POST uploadId" => CompleteAsync(context, key),
            "GET" or "HEAD" => GetAsync(context, key, isStalled),
            _ => Task.CompletedTask,
        };
    }

    private static bool HasChecksumOf(HttpRequest request, byte[] body)
    {
        var crc = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32C.Compute(body));
        return request.Headers["x-amz-checksum-crc32c"] == Convert.ToBase64String(crc);
    }

    private async Task PutAsync(HttpContext context, string key, byte[] bytes, string crc)
    {
        bool isThere;
        lock (_lock)
        {
            isThere = context.Request.Headers.IfNoneMatch == "*" && _objects.ContainsKey(key);
            if (!isThere)
            {
                _objects[key] = (bytes, crc);
            }
        }

        if (isThere)
        {
            await RefuseAsync(context, 412, "PreconditionFailed");
        }
        else
        {
            context.Response.Headers.ETag = "\"etag\"";
        }
    }

    private Task BeginAsync(HttpContext context, string key)
    {
        string id;
        lock (_lock)
        {
            id = "upload-" + _requests.Count.ToString(CultureInfo.InvariantCulture);
            _uploads[id] = (key, context.Request.Headers["x-amz-meta-spillway-crc32c"].ToString(), []);
        }

        return AnswerXmlAsync(context, $"<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
    }

    private Task PutPartAsync(HttpContext context, byte[] bytes)
    {
        lock (_lock)
        {
            _uploads[context.Request.Query["uploadId"]!].Parts[
                int.Parse(context.Request.Query["partNumber"]!, CultureInfo.InvariantCulture)] = bytes;
        }

        context.Response.Headers.ETag = "\"part\"";
        return Task.CompletedTask;
    }

    private async Task CompleteAsync(HttpContext context, string key)
    {
        (string Key, string Crc, SortedDictionary<int, byte[]> Parts) upload;
        bool isThere;
        lock (_lock)
        {
            isThere = _uploads.Remove(context.Request.Query["uploadId"]!, out upload);
        }

        if (!isThere)
        {
            await RefuseAsync(context, 404, "NoSuchUpload");
            return;
        }

        await PutAsync(context, key, [.. upload.Parts.Values.SelectMany(part => part)], upload.Crc);
        if (context.Response.StatusCode == 200)
        {
            await AnswerXmlAsync(context, "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>");
        }
    }

    private async Task GetAsync(HttpContext context, string key, bool isStalled)
    {
        (byte[] Bytes, string Crc) found;
        bool isThere;
        lock (_lock)
        {
            isThere = _objects.TryGetValue(key, out found);
        }

        if (!isThere)
        {
            await RefuseAsync(context, 404, "NoSuchKey");
            return;
        }

        var (start, end) = (0, found.Bytes.Length);
        if (context.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            var bounds = range["bytes=".Length..].Split('-');
            (start, end) = bounds[0].Length == 0
                ? (Math.Max(0, end - int.Parse(bounds[1], CultureInfo.InvariantCulture)), end)
                : (int.Parse(bounds[0], CultureInfo.InvariantCulture), int.Parse(bounds[1], CultureInfo.InvariantCulture) + 1);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {start}-{end - 1}/{found.Bytes.Length}";
        }

        context.Response.ContentLength = end - start;
        context.Response.Headers["x-amz-meta-spillway-crc32c"] = found.Crc;
        if (context.Request.Method == "HEAD")
        {
            return;
        }

        var sent = isStalled ? (end - start) / 2 : end - start;
        await context.Response.Body.WriteAsync(found.Bytes.AsMemory(start, sent), context.RequestAborted);
        if (isStalled)
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            StalledCount++;
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        return AnswerXmlAsync(context, $"<Error><Code>{code}</Code><Message>The stub says so.</Message></Error>");
    }

    private static Task AnswerXmlAsync(HttpContext context, string xml)
    {
        context.Response.ContentType = "application/xml";
        return context.Response.WriteAsync(xml, context.RequestAborted);
    }
}
