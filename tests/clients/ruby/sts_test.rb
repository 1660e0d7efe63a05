# Each action of STS that this version of the SDK has, as it goes well, and its refusals as the SDK's own classes.

require "base64"
require "securerandom"
require_relative "world"

class StsTest < World
  OPEN = { role_arn: role("open"), role_session_name: "ci" }.freeze

  # Credentials that are whole, and end after this many seconds.
  def lasting(issued, seconds)
    assert_match(/\AASIA[A-Z2-7]{16}\z/, issued.access_key_id)
    assert_equal 40, issued.secret_access_key.size
    assert_kind_of Time, issued.expiration
    assert_in_delta seconds, issued.expiration - Time.now, 10
    keys(issued)
  end

  def has(operation)
    sts(NOBODY).respond_to?(operation)
  end

  def test_get_caller_identity
    answer = sts(BOB).get_caller_identity
    assert_equal [ACCOUNT, BOB_ARN, "AIDA"], [answer.account, answer.arn, answer.user_id[0, 4]]
  end

  def test_assume_role_with_all_that_can_be_said
    tags = [{ key: "team", value: "blü =+@" }]
    more = { duration_seconds: 900, source_identity: "Alice", tags: tags, transitive_tag_keys: ["team"] }
    answer = sts(ALICE).assume_role(**OPEN, role_session_name: "a=b@c.d", **more)
    assert_equal [session("open", "a=b@c.d"), "Alice"], [answer.assumed_role_user.arn, answer.source_identity]
    assert_operator answer.packed_policy_size, :>, 0
    assert_equal session("open", "a=b@c.d"), who_is(sts(lasting(answer.credentials, 900)))
  end

  def test_assume_role_with_a_code_of_a_second_factor
    device = "arn:aws:iam::#{ACCOUNT}:mfa/alice-phone"
    code = ask("get", "/_admin/v1/mfa?serialNumber=#{device}")["code"]
    lasting(sts(ALICE).assume_role(**OPEN, serial_number: device, token_code: code).credentials, HOUR)
    refused("AccessDenied", 403, /\AMultiFactorAuthentication failed/) do
      sts(ALICE).assume_role(**OPEN, serial_number: device, token_code: code)
    end
  end

  def test_assume_role_with_web_identity
    call = { role_arn: role("builder"), role_session_name: "ci", web_identity_token: token }
    answer = sts(NOBODY).assume_role_with_web_identity(**call)
    lasting(answer.credentials, HOUR)
    assert_equal [MAIN, "sts.amazonaws.com"], [answer.subject_from_web_identity_token, answer.audience]
  end

  def test_assume_role_with_saml
    call = { role_arn: role("analyst"), principal_arn: "arn:aws:iam::#{ACCOUNT}:saml-provider/demo", saml_assertion: assertion }
    answer = sts(NOBODY).assume_role_with_saml(**call)
    lasting(answer.credentials, HOUR)
    assert_equal %w[alice https://signin.aws.amazon.com/saml], [answer.subject, answer.audience]
    other = call.merge(role_arn: role("builder"))
    assert_kind_of Aws::STS::Errors::InvalidIdentityToken, refused("InvalidIdentityToken", 400) { sts(NOBODY).assume_role_with_saml(**other) }
  end

  def test_get_session_token_and_get_federation_token
    assert_equal BOB_ARN, who_is(sts(lasting(sts(BOB).get_session_token.credentials, 12 * HOUR)))
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    answer = sts(ALICE).get_federation_token(name: "guest", policy: policy)
    guest = "arn:aws:sts::#{ACCOUNT}:federated-user/guest"
    assert_equal [guest, guest], [answer.federated_user.arn, who_is(sts(lasting(answer.credentials, 12 * HOUR)))]
    refused("AccessDenied", 403) { sts(BOB).get_federation_token(name: "guest") }
  end

  def test_get_access_key_info
    assert_equal ACCOUNT, sts(ALICE).get_access_key_info(access_key_id: assumed(BOB, "reader").access_key_id).account
  end

  def test_assume_root
    skip "this version of the library has no AssumeRoot" unless has(:assume_root)
    task = { arn: "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials" }
    answer = sts(ALICE).assume_root(target_principal: AUDITED, task_policy_arn: task)
    assert_equal "arn:aws:iam::#{AUDITED}:root", who_is(sts(lasting(answer.credentials, 900)))
    refused("AccessDenied", 403) { sts(BOB).assume_root(target_principal: AUDITED, task_policy_arn: task) }
  end

  def test_get_web_identity_token
    skip "this version of the library has no GetWebIdentityToken" unless has(:get_web_identity_token)
    answer = sts(ALICE).get_web_identity_token(audience: ["https://them.example"], signing_algorithm: "ES384")
    claims = JSON.parse(Base64.urlsafe_decode64(answer.web_identity_token.split(".")[1]))
    assert_equal [ALICE_ARN, "https://them.example", answer.expiration.to_i], claims.values_at("sub", "aud", "exp")
  end

  def test_refusals_are_classes
    bearer = lambda do |order, **more|
      call = { role_arn: role("builder"), role_session_name: "ci", web_identity_token: token(order) }
      sts(NOBODY).assume_role_with_web_identity(**call, **more)
    end
    tags = Array.new(50) { |n| { key: "key-#{n}", value: SecureRandom.hex(128) } }
    auditor = { role_arn: role("auditor", AUDITED), role_session_name: "ci" }
    errors = Aws::STS::Errors
    {
      ["MalformedPolicyDocument", 400, errors::MalformedPolicyDocumentException] => -> { sts(ALICE).assume_role(**OPEN, policy: "{") },
      ["PackedPolicyTooLarge", 400, errors::PackedPolicyTooLargeException] => -> { sts(ALICE).assume_role(**OPEN, tags: tags) },
      ["RegionDisabledException", 403, errors::RegionDisabledException] => -> { sts(ALICE, region: "sa-east-1").assume_role(**auditor) },
      ["ExpiredTokenException", 400, errors::ExpiredTokenException] => -> { bearer.call({ defect: "expired" }) },
      ["InvalidIdentityToken", 400, errors::InvalidIdentityTokenException] => -> { bearer.call({ defect: "bad-signature" }) },
      ["IDPRejectedClaim", 403, errors::IDPRejectedClaimException] => -> { bearer.call({}, provider_id: "graph.facebook.com") },
      ["InvalidAuthorizationMessageException", 400, errors::InvalidAuthorizationMessageException] =>
        -> { sts(ALICE).decode_authorization_message(encoded_message: "AAAA") },
      ["AccessDenied", 403, errors::AccessDenied] => -> { sts(BOB).assume_role(**OPEN) },
      ["ValidationError", 400, errors::ValidationError] => -> { sts(ALICE).assume_role(**OPEN, duration_seconds: 43_201) },
    }.each do |(code, status, kind), call|
      refusal = refused(code, status, &call)
      # The library makes the class of what is on the wire, so both names are good.
      assert_includes [kind.name, "Aws::STS::Errors::#{code}"], refusal.class.name
    end
  end

  # A clock that is an hour wrong is put right by the date of the answer that refuses.
  def test_a_wrong_clock_is_put_right
    client = Aws::STS::Client.new(endpoint: aws, credentials: ALICE, retry_mode: "standard", max_attempts: 2)
    wrong = Time.now.utc - HOUR
    Time.stub(:now, -> { wrong }) { assert_equal ALICE_ARN, who_is(client) }
  end
end
