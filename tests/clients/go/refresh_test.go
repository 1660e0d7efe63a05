package clients

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// ways are the environments from which sessions come, and who they are.
var ways = map[string]struct {
	arn  string
	make func(w *world) map[string]string
	// How long a session lives: Go asks for less than others.
	life time.Duration
}{
	"profile": {session("reader", "monthly"), func(w *world) map[string]string {
		return map[string]string{"AWS_CONFIG_FILE": w.file(profiles("")), "AWS_PROFILE": "reader"}
	}, 15 * time.Minute},
	"token file": {session("builder", "build"), func(w *world) map[string]string {
		return map[string]string{
			"AWS_ROLE_ARN": role("builder"), "AWS_ROLE_SESSION_NAME": "build",
			"AWS_WEB_IDENTITY_TOKEN_FILE": w.file(w.token(map[string]any{"lifetimeSeconds": 3 * 3600})),
		}
	}, time.Hour},
}

func keyOf(w *world, loaded aws.Config) string {
	keys, err := loaded.Credentials.Retrieve(ctx)
	w.must(err)
	return keys.AccessKeyID
}

func TestSessionsAreKeptWhileTheyAreGoodAndReplacedAtTheirEnd(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			w.sessionsEndIn(30*time.Second, way.life)
			w.environment(way.make(w))
			client, loaded := w.application()
			equal(t, w.identify(client), way.arn)
			kept := keyOf(w, loaded)
			equal(t, w.identify(client), way.arn)
			equal(t, keyOf(w, loaded), kept)

			w.sessionsEndIn(0, way.life)
			client, loaded = w.application()
			equal(t, w.identify(client), way.arn)
			first := keyOf(w, loaded)
			w.advance(way.life)
			equal(t, w.identify(client), way.arn)
			if keyOf(w, loaded) == first {
				t.Fatal("the session was not replaced")
			}
		})
	}
}

func TestASessionThatEndsBeforeItsTimeIsRefusedAsExpired(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			w.environment(way.make(w))
			client, _ := w.application()
			equal(t, w.identify(client), way.arn)
			w.advance(way.life)
			refused(t, identity(client), "ExpiredToken", 403, "^The security token included in the request is expired$")
		})
	}
}

func TestAProviderOfSessionsWithAWindowOfItsOwn(t *testing.T) {
	w := begin(t)
	w.sessionsEndIn(4*time.Minute, 15*time.Minute)
	provider := stscreds.NewAssumeRoleProvider(w.sts(bob), role("reader"), func(options *stscreds.AssumeRoleOptions) {
		options.RoleSessionName = "ci"
	})
	cache := aws.NewCredentialsCache(provider, func(options *aws.CredentialsCacheOptions) { options.ExpiryWindow = 5 * time.Minute })
	loaded := w.config(bob, "eu-central-1")
	loaded.Credentials = cache
	client := sts.NewFromConfig(loaded)
	first := keyOf(w, loaded)
	w.advance(time.Hour)
	equal(t, w.identify(client), session("reader", "ci"))
	if second := keyOf(w, loaded); second == first {
		t.Fatalf("%s was not replaced", second)
	}
}
