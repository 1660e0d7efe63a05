package clients

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func variables(keys aws.Credentials) map[string]string {
	variables := map[string]string{"AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey}
	if keys.SessionToken != "" {
		variables["AWS_SESSION_TOKEN"] = keys.SessionToken
	}
	return variables
}

func profiles(more string) string {
	return fmt.Sprintf(`
[profile bob]
aws_access_key_id = %s
aws_secret_access_key = %s

[profile next]
source_profile = reader
role_arn = %s
role_session_name = release

[profile partner]
source_profile = bob
role_arn = %s
role_session_name = exchange
external_id = partner-7f3a

[profile stranger]
source_profile = bob
role_arn = %s
external_id = somebody-else

[profile reader]
source_profile = bob
role_arn = %s
role_session_name = monthly
%s`, bob.AccessKeyID, bob.SecretAccessKey, role("next"), role("partner"), role("partner"), role("reader"), more)
}

func TestKeysInTheEnvironment(t *testing.T) {
	w := begin(t)
	as := func(keys aws.Credentials) error {
		w.environment(variables(keys))
		client, _ := w.application()
		return identity(client)
	}
	w.must(as(alice))
	own := w.assumed(bob, "reader")
	w.must(as(own))

	wrong := alice
	wrong.SecretAccessKey = bob.SecretAccessKey
	refused(t, as(wrong), "SignatureDoesNotMatch", 403, "^The request signature we calculated does not match")
	refused(t, as(retired), "InvalidClientTokenId", 403, "")
	own.SessionToken = "nonsense"
	refused(t, as(own), "InvalidClientTokenId", 403, "")
}

func TestKeysInTheFileOfCredentials(t *testing.T) {
	w := begin(t)
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", bob.AccessKeyID, bob.SecretAccessKey)
	w.environment(map[string]string{"AWS_SHARED_CREDENTIALS_FILE": w.file(text)})
	client, _ := w.application()
	equal(t, w.identify(client), bobArn)
}

func TestProfilesWithARole(t *testing.T) {
	w := begin(t)
	for name, arn := range map[string]string{
		"reader":  session("reader", "monthly"),
		"next":    session("next", "release"),
		"partner": session("partner", "exchange"),
	} {
		w.environment(map[string]string{"AWS_CONFIG_FILE": w.file(profiles("")), "AWS_PROFILE": name})
		client, _ := w.application()
		equal(t, w.identify(client), arn)
	}
	w.environment(map[string]string{"AWS_CONFIG_FILE": w.file(profiles("")), "AWS_PROFILE": "stranger"})
	client, _ := w.application()
	refused(t, identity(client), "AccessDenied", 403, `^User: .*user/bob is not authorized to perform: sts:AssumeRole`)
}

func TestAProfileWhoseSectionOfServicesHasTheEndpoint(t *testing.T) {
	w := begin(t)
	text := profiles("services = local\n\n[services local]\nsts =\n  endpoint_url = " + w.aws + "\n")
	w.environment(map[string]string{"AWS_CONFIG_FILE": w.file(text), "AWS_PROFILE": "reader", "AWS_ENDPOINT_URL_STS": ""})
	client, _ := w.application()
	equal(t, w.identify(client), session("reader", "monthly"))
}

func TestATokenFile(t *testing.T) {
	w := begin(t)
	web := func(token string) error {
		w.environment(map[string]string{
			"AWS_ROLE_ARN": role("builder"), "AWS_ROLE_SESSION_NAME": "build", "AWS_WEB_IDENTITY_TOKEN_FILE": w.file(token),
		})
		client, _ := w.application()
		return identity(client)
	}
	token := w.token(nil)
	w.must(web(token))
	refused(t, web(w.token(map[string]any{"sub": otherBranch})), "AccessDenied", 403, `^Not authorized to perform sts:AssumeRoleWithWebIdentity$`)
	expired := web(w.token(map[string]any{"defect": "expired"}))
	refusedAs[*types.ExpiredTokenException](t, expired, "ExpiredTokenException", 400, "^Token expired: ")

	text := fmt.Sprintf("[profile web]\nrole_arn = %s\nweb_identity_token_file = %s\nrole_session_name = file\n", role("builder"), w.file(token))
	w.environment(map[string]string{"AWS_CONFIG_FILE": w.file(text), "AWS_PROFILE": "web"})
	client, _ := w.application()
	equal(t, w.identify(client), session("builder", "file"))
}
