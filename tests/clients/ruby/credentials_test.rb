# Every way to credentials that leads here: allowed, denied, and over time.

require_relative "world"

class CredentialsTest < World
  def variables(keys)
    named = { "AWS_ACCESS_KEY_ID" => keys.access_key_id, "AWS_SECRET_ACCESS_KEY" => keys.secret_access_key }
    keys.session_token ? named.merge("AWS_SESSION_TOKEN" => keys.session_token) : named
  end

  def profiles(more = "")
    <<~FILE
      [profile bob]
      aws_access_key_id = #{BOB.access_key_id}
      aws_secret_access_key = #{BOB.secret_access_key}

      [profile next]
      source_profile = reader
      role_arn = #{role("next")}
      role_session_name = release

      [profile partner]
      source_profile = bob
      role_arn = #{role("partner")}
      role_session_name = exchange
      external_id = partner-7f3a

      [profile stranger]
      source_profile = bob
      role_arn = #{role("partner")}
      external_id = somebody-else

      [profile reader]
      source_profile = bob
      role_arn = #{role("reader")}
      role_session_name = monthly
      #{more}
    FILE
  end

  def test_keys_in_the_environment
    { ALICE => ALICE_ARN, assumed(BOB, "reader") => session("reader", "ci") }.each do |keys, arn|
      environment(variables(keys))
      assert_equal arn, who_is(application)
    end
    environment(variables(Aws::Credentials.new(ALICE.access_key_id, BOB.secret_access_key)))
    refused("SignatureDoesNotMatch", 403) { who_is(application) }
    environment(variables(RETIRED))
    refused("InvalidClientTokenId", 403) { who_is(application) }
  end

  def test_keys_in_the_file_of_credentials
    text = "[default]\naws_access_key_id = #{BOB.access_key_id}\naws_secret_access_key = #{BOB.secret_access_key}\n"
    environment("AWS_SHARED_CREDENTIALS_FILE" => file(text))
    assert_equal BOB_ARN, who_is(application)
  end

  # The client of STS behind a profile takes its endpoint from the environment or a section of services.
  def in_profile(name, text = profiles, **variables)
    skip "this version of the library knows no variable for endpoints" unless KNOWS_ENDPOINTS
    environment({ "AWS_CONFIG_FILE" => file(text), "AWS_PROFILE" => name }.merge(variables.transform_keys(&:to_s)))
    application
  end

  def test_profiles_with_a_role
    assert_equal session("reader", "monthly"), who_is(in_profile("reader"))
    assert_equal session("next", "release"), who_is(in_profile("next"))
    assert_equal session("partner", "exchange"), who_is(in_profile("partner"))
    refused("AccessDenied", 403, /is not authorized to perform: sts:AssumeRole/) { who_is(in_profile("stranger")) }
  end

  def test_a_profile_whose_section_of_services_has_the_endpoint
    text = profiles("services = local\n\n[services local]\nsts =\n  endpoint_url = #{aws}\n")
    assert_equal session("reader", "monthly"), who_is(in_profile("reader", text, AWS_ENDPOINT_URL_STS: ""))
  end

  def web(token)
    named = { "AWS_ROLE_ARN" => role("builder"), "AWS_ROLE_SESSION_NAME" => "build", "AWS_WEB_IDENTITY_TOKEN_FILE" => file(token) }
    environment(named)
    application
  end

  def test_a_token_file_in_the_environment
    skip "this version of the library knows no variable for endpoints" unless KNOWS_ENDPOINTS
    assert_equal session("builder", "build"), who_is(web(token))
    refused("AccessDenied", 403) { who_is(web(token(sub: "repo:acme/shop:ref:refs/heads/other"))) }
    refused("ExpiredTokenException", 400) { who_is(web(token(defect: "expired"))) }
  end

  def by_file(token)
    client = Aws::STS::Client.new(endpoint: aws, credentials: false, retry_limit: 0)
    Aws::AssumeRoleWebIdentityCredentials.new(
      client: client, role_arn: role("builder"), role_session_name: "by-hand", web_identity_token_file: file(token)
    )
  end

  def by_role
    Aws::AssumeRoleCredentials.new(client: sts(BOB), role_arn: role("reader"), role_session_name: "by-hand")
  end

  def test_providers_of_sessions
    assert_equal session("builder", "by-hand"), who_is(sts(by_file(token)))
    assert_equal session("reader", "by-hand"), who_is(sts(by_role))
    refused("AccessDenied", 403) { by_file(token(sub: "repo:acme/shop:ref:refs/heads/other")) }
    refused("ExpiredTokenException", 400, /\AToken expired: /) { by_file(token(defect: "expired")) }
  end

  # Eleven minutes before its end a session is kept; in its last five it is replaced, and so outlives its end.
  def check_replaced
    sessions_end_in(11 * 60)
    provider = yield
    first = provider.credentials.access_key_id
    assert_equal first, provider.credentials.access_key_id
    sessions_end_in(4 * 60)
    provider = yield
    first = provider.credentials.access_key_id
    arn = who_is(sts(provider))
    advance(HOUR)
    assert_equal arn, who_is(sts(provider))
    refute_equal first, provider.credentials.access_key_id
  end

  def test_sessions_of_a_role_are_replaced
    check_replaced { by_role }
  end

  def test_sessions_of_a_token_file_are_replaced
    check_replaced { by_file(token(lifetimeSeconds: 3 * HOUR)) }
  end

  def test_a_session_that_ends_before_its_time_is_refused_as_expired
    client = sts(by_role)
    assert_equal session("reader", "by-hand"), who_is(client)
    advance(HOUR)
    refused("ExpiredToken", 403, /\AThe security token included in the request is expired\z/) { who_is(client) }
  end
end
