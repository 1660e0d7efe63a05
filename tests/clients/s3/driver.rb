# One call of the AWS SDK for Ruby: what to do comes as JSON, and what came of it goes out as JSON.
require "aws-sdk-s3"
require "json"

asked = JSON.parse($stdin.read)
keys = asked["keys"]
client = Aws::S3::Client.new(
  endpoint: asked["url"],
  region: asked["region"],
  access_key_id: keys["aws_access_key_id"],
  secret_access_key: keys["aws_secret_access_key"],
  session_token: keys["aws_session_token"],
  force_path_style: true,
  retry_limit: 0,
)
bucket = asked["bucket"]
deed, *given = asked["call"]

begin
  came = case deed
  when "put"
    client.put_object(bucket: bucket, key: given[0], body: given[1])
    nil
  when "get"
    [client.get_object(bucket: bucket, key: given[0]).body.read].pack("m0")
  when "list"
    client.list_objects_v2(bucket: bucket, prefix: given[0]).contents.map(&:key)
  when "multipart"
    object = Aws::S3::Object.new(bucket, given[0], client: client)
    object.upload_file(given[1], multipart_threshold: 5 * 1024 * 1024)
    nil
  when "copy"
    client.copy_object(bucket: bucket, key: given[1], copy_source: "#{bucket}/#{given[0]}")
    nil
  when "presigned"
    Aws::S3::Presigner.new(client: client).presigned_url(:get_object, bucket: bucket, key: given[0])
  end
  puts JSON.generate(came)
rescue Aws::S3::Errors::ServiceError => refusal
  warn "refused: #{refusal.code}"
  exit 1
end
