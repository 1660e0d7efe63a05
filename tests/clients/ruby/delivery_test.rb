# Credentials as they are fetched where an application runs on AWS: by a container and an instance.

require_relative "world"

class DeliveryTest < World
  AS_WORKER = %r{\Aarn:aws:sts::123456789012:assumed-role/worker/}
  # Old versions know the address on the container's own network only, and no token.
  KNOWS_TOKENS = File.read(Aws::ECSCredentials.instance_method(:initialize).source_location[0]).include?("AUTHORIZATION_TOKEN")

  def place = URI(@delivery)

  def test_a_container_and_its_next_credentials
    provider = Aws::ECSCredentials.new(ip_address: place.host, port: place.port, credential_path: "/creds/hurried", retries: 0)
    assert_match AS_WORKER, who_is(sts(provider))
    first = provider.credentials.access_key_id
    advance(70)
    assert_match AS_WORKER, who_is(sts(provider))
    refute_equal first, provider.credentials.access_key_id
  end

  def test_a_container_with_its_token_and_with_a_wrong_one
    skip "this version of the library knows no AWS_CONTAINER_AUTHORIZATION_TOKEN" unless KNOWS_TOKENS
    named = { "AWS_CONTAINER_CREDENTIALS_FULL_URI" => "#{@delivery}/creds/worker" }
    environment(named.merge("AWS_CONTAINER_AUTHORIZATION_TOKEN" => "let-me-in"))
    assert_match AS_WORKER, who_is(application)
    environment(named.merge("AWS_CONTAINER_AUTHORIZATION_TOKEN" => "wrong"))
    assert_raises(Aws::Errors::MissingCredentialsError) { who_is(application) }
  end

  # The port is an option of its own: that of AWS_EC2_METADATA_SERVICE_ENDPOINT is passed over.
  def test_an_instance
    environment("AWS_EC2_METADATA_DISABLED" => "false")
    provider = Aws::InstanceProfileCredentials.new(endpoint: @delivery, port: place.port, retries: 0)
    assert_match AS_WORKER, who_is(sts(provider))
  end
end
