// Package clients holds local-sts against the AWS SDK for Go. Here is what the tests share: the service with the seed of
// all languages, its people, environments and clients.
package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

const (
	account     = "123456789012"
	audited     = "210987654321"
	aliceArn    = "arn:aws:iam::123456789012:user/alice"
	bobArn      = "arn:aws:iam::123456789012:user/bob"
	mainBranch  = "repo:acme/shop:ref:refs/heads/main"
	otherBranch = "repo:acme/shop:ref:refs/heads/other"
)

var (
	alice   = aws.Credentials{AccessKeyID: "AKIAEXAMPLEALICE0001", SecretAccessKey: "EXAMPLE0alice0secret0EXAMPLE0alice0secre"}
	bob     = aws.Credentials{AccessKeyID: "AKIAEXAMPLEBOB000001", SecretAccessKey: "EXAMPLE0bob00secret0EXAMPLE0bob00secret0"}
	retired = aws.Credentials{AccessKeyID: "AKIAEXAMPLEBOB000002", SecretAccessKey: "EXAMPLE0bob00retired0EXAMPLE0bob00retire"}
	nobody  = aws.Credentials{AccessKeyID: "nobody", SecretAccessKey: "nothing"}
	ctx     = context.Background()
)

func role(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

func session(name, as string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + as
}

// world is a running service, and an environment that knows nothing else.
type world struct {
	t                        *testing.T
	aws, companion, delivery string
	log                      *bytes.Buffer
}

func begin(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, log: &bytes.Buffer{}}
	command := exec.Command(os.Getenv("LOCAL_STS_BIN"), "--ephemeral", "--aws-listen", "127.0.0.1:0",
		"--companion-listen", "127.0.0.1:0", "--delivery-listen", "127.0.0.1:0", "--seed", os.Getenv("MATRIX_SEED"))
	command.Env = []string{}
	command.Stderr = w.log
	out, err := command.StdoutPipe()
	w.must(err)
	w.must(command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("it ended before it was ready, and said:\n%s", w.log)
	}
	var ready struct{ Aws, Companion, Delivery string }
	w.must(json.Unmarshal([]byte(strings.TrimPrefix(line, "ready ")), &ready))
	w.aws, w.companion, w.delivery = ready.Aws, ready.Companion, ready.Delivery
	w.environment(nil)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// environment leaves nothing of the machine's own, and these variables.
func (w *world) environment(variables map[string]string) {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			w.t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "eu-central-1", "AWS_MAX_ATTEMPTS": "1", "AWS_ENDPOINT_URL_STS": w.aws, "HOME": w.t.TempDir(),
	} {
		w.t.Setenv(name, value)
	}
	for name, value := range variables {
		w.t.Setenv(name, value)
	}
}

func (w *world) file(text string) string {
	path := filepath.Join(w.t.TempDir(), "file")
	w.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// ask asks the companion.
func (w *world) ask(method, path string, body any) map[string]any {
	w.t.Helper()
	text, err := json.Marshal(body)
	w.must(err)
	request, err := http.NewRequest(method, w.companion+path, bytes.NewReader(text))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	w.must(err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	w.must(err)
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s", method, path, said)
	}
	var read map[string]any
	w.must(json.Unmarshal(said, &read))
	return read
}

func (w *world) advance(by time.Duration) {
	w.ask("POST", "/_admin/v1/clock/advance", map[string]any{"seconds": int(by.Seconds())})
}

// sessionsEndIn sets the service's clock so that sessions of this life end then by the machine's clock.
func (w *world) sessionsEndIn(left, life time.Duration) {
	at := time.Now().Add(left - life).UTC().Format("2006-01-02T15:04:05Z")
	w.ask("PUT", "/_admin/v1/clock", map[string]any{"mode": "frozen", "at": at, "backwards": true})
}

// token is one of a build, for main unless said otherwise.
func (w *world) token(more map[string]any) string {
	order := map[string]any{"preset": "github-actions", "platformIssuer": true, "aud": "sts.amazonaws.com", "sub": mainBranch}
	for name, value := range more {
		order[name] = value
	}
	return w.ask("POST", "/oidc/token", order)["token"].(string)
}

// assertion says who logged in.
func (w *world) assertion() string {
	roles := [][]string{{role("analyst"), "arn:aws:iam::" + account + ":saml-provider/demo"}}
	return w.ask("POST", "/saml/response", map[string]any{"roles": roles, "subject": "alice"})["samlResponse"].(string)
}

func (w *world) config(who aws.Credentials, region string) aws.Config {
	return aws.Config{
		Region:           region,
		BaseEndpoint:     aws.String(w.aws),
		Credentials:      credentials.StaticCredentialsProvider{Value: who},
		RetryMaxAttempts: 1,
	}
}

func (w *world) sts(who aws.Credentials) *sts.Client {
	return sts.NewFromConfig(w.config(who, "eu-central-1"))
}

func (w *world) iam(who aws.Credentials) *iam.Client {
	return iam.NewFromConfig(w.config(who, "eu-central-1"))
}

// assumed is the keys of a session of this role.
func (w *world) assumed(who aws.Credentials, name string) aws.Credentials {
	w.t.Helper()
	answer, err := w.sts(who).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role(name)), RoleSessionName: aws.String("ci")})
	w.must(err)
	return keys(answer.Credentials)
}

func keys(issued *types.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *issued.AccessKeyId, SecretAccessKey: *issued.SecretAccessKey, SessionToken: *issued.SessionToken}
}

// application is told nothing but its environment.
func (w *world) application() (*sts.Client, aws.Config) {
	w.t.Helper()
	loaded, err := config.LoadDefaultConfig(ctx)
	w.must(err)
	return sts.NewFromConfig(loaded), loaded
}

func (w *world) identify(client *sts.Client) string {
	w.t.Helper()
	answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	w.must(err)
	return *answer.Arn
}

func identity(client *sts.Client) error {
	_, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

func equal[T comparable](t *testing.T, found, wanted T) {
	t.Helper()
	if found != wanted {
		t.Fatalf("found %v, wanted %v", found, wanted)
	}
}

// refused expects a refusal with this code, status and text.
func refused(t *testing.T, err error, code string, status int, text string) {
	t.Helper()
	var refusal smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &refusal) || !errors.As(err, &response) {
		t.Fatalf("this was to be refused: %v", err)
	}
	said := fmt.Sprintf("%s: %s", refusal.ErrorCode(), refusal.ErrorMessage())
	if refusal.ErrorCode() != code || response.HTTPStatusCode() != status {
		t.Fatalf("wanted %s with %d, found %d %s", code, status, response.HTTPStatusCode(), said)
	}
	if !regexp.MustCompile(text).MatchString(refusal.ErrorMessage()) {
		t.Fatalf("wanted %s, found %s", text, said)
	}
	if len(response.ServiceRequestID()) != 36 {
		t.Fatalf("no request id in %v", err)
	}
}

// refusedAs expects the SDK's own type for it as well.
func refusedAs[E error](t *testing.T, err error, code string, status int, text string) {
	t.Helper()
	var typed E
	if !errors.As(err, &typed) {
		t.Fatalf("%T is not in %v", typed, err)
	}
	refused(t, err, code, status, text)
}
