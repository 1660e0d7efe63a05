# What the tests share: the service with the seed of all languages, its people, environments and clients.

require "aws-sdk-core"
require "json"
require "minitest/autorun"
require "net/http"
require "tempfile"
require "tmpdir"

# Of the library itself: the gem of IAM is not in every distribution.
begin
  require "aws-sdk-iam"
rescue LoadError
  warn "NOT TRIED: IAM of the SDK for Ruby, whose gem aws-sdk-iam is not here"
end

ACCOUNT = "123456789012"
AUDITED = "210987654321"
ALICE_ARN = "arn:aws:iam::#{ACCOUNT}:user/alice"
BOB_ARN = "arn:aws:iam::#{ACCOUNT}:user/bob"
ALICE = Aws::Credentials.new("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre")
BOB = Aws::Credentials.new("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0")
RETIRED = Aws::Credentials.new("AKIAEXAMPLEBOB000002", "EXAMPLE0bob00retired0EXAMPLE0bob00retire")
NOBODY = Aws::Credentials.new("nobody", "nothing")
MAIN = "repo:acme/shop:ref:refs/heads/main"
HOUR = 3600

def role(name, account = ACCOUNT) = "arn:aws:iam::#{account}:role/#{name}"
def session(name, as) = "arn:aws:sts::#{ACCOUNT}:assumed-role/#{name}/#{as}"

class World < Minitest::Test
  attr_reader :aws

  def setup
    @before = ENV.to_h
    @directory = Dir.mktmpdir("ruby-")
    command = [ENV.fetch("LOCAL_STS_BIN"), "--ephemeral", "--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]
    command += ["--delivery-listen", "127.0.0.1:0", "--seed", ENV.fetch("MATRIX_SEED")]
    @said = IO.popen([{}, *command, unsetenv_others: true, err: "#{@directory}/log"])
    line = @said.gets.to_s
    raise "it ended before it was ready: #{File.read("#{@directory}/log")}" unless line.start_with?("ready ")

    @aws, @companion, @delivery = JSON.parse(line.delete_prefix("ready ")).values_at("aws", "companion", "delivery")
    environment({})
  end

  def teardown
    Process.kill("KILL", @said.pid)
    @said.close
    ENV.replace(@before)
    FileUtils.rm_rf(@directory)
  end

  # Nothing of the machine's own, and these variables.
  def environment(variables)
    ENV.delete_if { |name, _| name.match?(/\AAWS_|_proxy\z/i) }
    ENV.update("AWS_CONFIG_FILE" => "/dev/null", "AWS_SHARED_CREDENTIALS_FILE" => "/dev/null", "HOME" => @directory)
    ENV.update("AWS_EC2_METADATA_DISABLED" => "true", "AWS_REGION" => "eu-central-1", "AWS_MAX_ATTEMPTS" => "1")
    ENV.update("AWS_ENDPOINT_URL_STS" => @aws)
    ENV.update(variables)
    Aws.shared_config.fresh(config_enabled: true)
  end

  def file(text)
    path = "#{@directory}/#{rand(1_000_000_000)}"
    File.write(path, text)
    path
  end

  # What the companion answers.
  def ask(method, path, body = {})
    request = Net::HTTP.const_get(method.capitalize).new(path, "content-type" => "application/json")
    request.body = JSON.generate(body)
    uri = URI(@companion)
    answer = Net::HTTP.start(uri.host, uri.port, nil) { |http| http.request(request) }
    raise answer.body unless answer.code == "200"

    JSON.parse(answer.body)
  end

  def advance(seconds) = ask("post", "/_admin/v1/clock/advance", { seconds: seconds })

  # The service's clock stands so that sessions of an hour, by the machine's clock, end in this many seconds.
  def sessions_end_in(seconds)
    at = (Time.now.utc + seconds - HOUR).strftime("%FT%TZ")
    ask("put", "/_admin/v1/clock", { mode: "frozen", at: at, backwards: true })
  end

  # A token of a build, for main unless said otherwise.
  def token(more = {})
    order = { preset: "github-actions", platformIssuer: true, aud: "sts.amazonaws.com", sub: MAIN }
    ask("post", "/oidc/token", order.merge(more))["token"]
  end

  # An assertion that says who logged in.
  def assertion
    roles = [[role("analyst"), "arn:aws:iam::#{ACCOUNT}:saml-provider/demo"]]
    ask("post", "/saml/response", { roles: roles, subject: "alice" })["samlResponse"]
  end

  def sts(credentials, **more)
    Aws::STS::Client.new(endpoint: @aws, credentials: credentials, retry_limit: 0, **more)
  end

  def iam(credentials)
    skip "the gem aws-sdk-iam is not here" unless defined?(Aws::IAM)
    Aws::IAM::Client.new(endpoint: @aws, credentials: credentials, retry_limit: 0)
  end

  # An application that is told nothing but its environment.
  def application(**more)
    Aws::STS::Client.new(retry_limit: 0, **endpoint, **more)
  end

  def endpoint = KNOWS_ENDPOINTS ? {} : { endpoint: @aws }

  # The keys of a session of this role.
  def assumed(credentials, name, **more)
    keys(sts(credentials).assume_role(role_arn: role(name), role_session_name: "ci", **more).credentials)
  end

  def keys(issued) = Aws::Credentials.new(issued.access_key_id, issued.secret_access_key, issued.session_token)

  def who_is(client) = client.get_caller_identity.arn

  # Expects a refusal: its class, which is made of the code, its status and text.
  def refused(code, status, text = //)
    refusal = assert_raises(Aws::Errors::ServiceError) { yield }
    assert_equal [code, status], [refusal.code, refusal.context.http_response.status_code], refusal.message
    assert_match text, refusal.message
    refusal
  end
end

# Whether this version of the library takes endpoints from the environment.
KNOWS_ENDPOINTS = begin
  before = ENV.to_h
  ENV.update("AWS_ENDPOINT_URL_STS" => "http://127.0.0.1:9", "AWS_REGION" => "eu-central-1")
  Aws::STS::Client.new(credentials: NOBODY).config.endpoint.to_s == "http://127.0.0.1:9"
ensure
  ENV.replace(before)
end
warn "NOT TRIED: profiles and token files of the environment, for aws-sdk-core #{Aws::CORE_GEM_VERSION} has no variable for endpoints" unless KNOWS_ENDPOINTS
