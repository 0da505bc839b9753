"""Makes a bucket: make-bucket.py ENDPOINT BUCKET ACCESS_KEY SECRET_KEY. An S3 request signed by hand (SigV4), as nothing is installed."""
import datetime
import hashlib
import hmac
import sys
import urllib.parse
import urllib.request

endpoint, bucket, access_key, secret_key = sys.argv[1:5]
region, host = "us-east-1", urllib.parse.urlparse(endpoint).netloc
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
scope = f"{now[:8]}/{region}/s3/aws4_request"
body_hash = hashlib.sha256(b"").hexdigest()
names = "host;x-amz-content-sha256;x-amz-date"
canonical = f"PUT\n/{bucket}\n\nhost:{host}\nx-amz-content-sha256:{body_hash}\nx-amz-date:{now}\n\n{names}\n{body_hash}"
to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"

key = ("AWS4" + secret_key).encode()
for part in scope.split("/"):
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()

request = urllib.request.Request(f"{endpoint}/{bucket}", method="PUT", headers={
    "x-amz-content-sha256": body_hash,
    "x-amz-date": now,
    "Authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}",
})
print(urllib.request.urlopen(request, timeout=30).status)
