package clients

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// lasting reads credentials that are whole, and end after this long.
func lasting(t *testing.T, issued *types.Credentials, long time.Duration) aws.Credentials {
	t.Helper()
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(*issued.AccessKeyId) || len(*issued.SecretAccessKey) != 40 {
		t.Fatalf("these are no keys: %v", issued)
	}
	if left := time.Until(*issued.Expiration) - long; left.Abs() > 10*time.Second {
		t.Fatalf("they end at %s", issued.Expiration)
	}
	return keys(issued)
}

func TestGetCallerIdentity(t *testing.T) {
	w := begin(t)
	answer, err := w.sts(bob).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	w.must(err)
	equal(t, *answer.Account+" "+*answer.Arn+" "+(*answer.UserId)[:4], account+" "+bobArn+" AIDA")
}

func TestAssumeRoleWithAllThatCanBeSaid(t *testing.T) {
	w := begin(t)
	answer, err := w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(role("open")), RoleSessionName: aws.String("a=b@c.d"), DurationSeconds: aws.Int32(900),
		SourceIdentity: aws.String("Alice"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blü =+@")}},
		TransitiveTagKeys: []string{"team"},
	})
	w.must(err)
	equal(t, *answer.AssumedRoleUser.Arn, session("open", "a=b@c.d"))
	equal(t, *answer.SourceIdentity, "Alice")
	equal(t, *answer.PackedPolicySize > 0, true)
	equal(t, w.identify(w.sts(lasting(t, answer.Credentials, 15*time.Minute))), session("open", "a=b@c.d"))
}

func TestAssumeRoleWithACodeOfASecondFactor(t *testing.T) {
	w := begin(t)
	device := "arn:aws:iam::" + account + ":mfa/alice-phone"
	code := w.ask("GET", "/_admin/v1/mfa?serialNumber="+device, nil)["code"].(string)
	with := func(input *sts.AssumeRoleInput) { input.SerialNumber, input.TokenCode = &device, &code }
	w.must(w.assume(alice, with))
	refused(t, w.assume(alice, with), "AccessDenied", 403, "^MultiFactorAuthentication failed")
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	w := begin(t)
	answer, err := w.sts(nobody).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(role("builder")), RoleSessionName: aws.String("ci"), WebIdentityToken: aws.String(w.token(nil)),
	})
	w.must(err)
	lasting(t, answer.Credentials, time.Hour)
	equal(t, *answer.SubjectFromWebIdentityToken+" "+*answer.Audience, mainBranch+" sts.amazonaws.com")
	equal(t, *answer.Provider, "arn:aws:iam::"+account+":oidc-provider/token.actions.githubusercontent.com")
}

func TestAssumeRoleWithSAML(t *testing.T) {
	w := begin(t)
	input := &sts.AssumeRoleWithSAMLInput{
		RoleArn: aws.String(role("analyst")), PrincipalArn: aws.String("arn:aws:iam::" + account + ":saml-provider/demo"),
		SAMLAssertion: aws.String(w.assertion()),
	}
	answer, err := w.sts(nobody).AssumeRoleWithSAML(ctx, input)
	w.must(err)
	lasting(t, answer.Credentials, time.Hour)
	equal(t, *answer.Subject+" "+*answer.Audience, "alice https://signin.aws.amazon.com/saml")
	input.RoleArn = aws.String(role("builder"))
	_, err = w.sts(nobody).AssumeRoleWithSAML(ctx, input)
	refusedAs[*types.InvalidIdentityTokenException](t, err, "InvalidIdentityToken", 400, "doesn't contain the requested Role")
}

func TestAssumeRoot(t *testing.T) {
	w := begin(t)
	task := &types.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials")}
	input := &sts.AssumeRootInput{TargetPrincipal: aws.String(audited), TaskPolicyArn: task}
	answer, err := w.sts(alice).AssumeRoot(ctx, input)
	w.must(err)
	equal(t, w.identify(w.sts(lasting(t, answer.Credentials, 15*time.Minute))), "arn:aws:iam::"+audited+":root")
	_, err = w.sts(bob).AssumeRoot(ctx, input)
	refused(t, err, "AccessDenied", 403, "")
}

func TestGetSessionTokenAndGetFederationToken(t *testing.T) {
	w := begin(t)
	own, err := w.sts(bob).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	w.must(err)
	equal(t, w.identify(w.sts(lasting(t, own.Credentials, 12*time.Hour))), bobArn)
	input := &sts.GetFederationTokenInput{
		Name:   aws.String("guest"),
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
	}
	answer, err := w.sts(alice).GetFederationToken(ctx, input)
	w.must(err)
	guest := "arn:aws:sts::" + account + ":federated-user/guest"
	equal(t, *answer.FederatedUser.Arn, guest)
	equal(t, w.identify(w.sts(lasting(t, answer.Credentials, 12*time.Hour))), guest)
	_, err = w.sts(bob).GetFederationToken(ctx, input)
	refused(t, err, "AccessDenied", 403, "")
}

func TestGetAccessKeyInfo(t *testing.T) {
	w := begin(t)
	key := w.assumed(bob, "reader").AccessKeyID
	answer, err := w.sts(alice).GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: &key})
	w.must(err)
	equal(t, *answer.Account, account)
}

func TestGetWebIdentityToken(t *testing.T) {
	w := begin(t)
	input := &sts.GetWebIdentityTokenInput{
		Audience: []string{"https://them.example"}, SigningAlgorithm: aws.String("ES384"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	}
	answer, err := w.sts(alice).GetWebIdentityToken(ctx, input)
	w.must(err)
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(*answer.WebIdentityToken, ".")[1])
	w.must(err)
	var claims struct {
		Sub, Aud string
		Exp      int64
	}
	w.must(json.Unmarshal(text, &claims))
	equal(t, claims.Sub+" "+claims.Aud, aliceArn+" https://them.example")
	equal(t, claims.Exp, answer.Expiration.Unix())
	_, err = w.sts(bob).GetWebIdentityToken(ctx, input)
	refused(t, err, "AccessDenied", 403, "")
}

func TestAnActionThatIsNotServed(t *testing.T) {
	w := begin(t)
	_, err := w.sts(alice).GetDelegatedAccessToken(ctx, &sts.GetDelegatedAccessTokenInput{TradeInToken: aws.String("something")})
	refused(t, err, "InvalidAction", 400, "")
}
