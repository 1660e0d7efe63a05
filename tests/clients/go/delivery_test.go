package clients

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (w *world) full(path string, more map[string]string) *sts.Client {
	variables := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": w.delivery + path}
	for name, value := range more {
		variables[name] = value
	}
	w.environment(variables)
	client, _ := w.application()
	return client
}

func (w *world) is(client *sts.Client, name string) {
	w.t.Helper()
	if arn := w.identify(client); !strings.HasPrefix(arn, "arn:aws:sts::123456789012:assumed-role/"+name+"/") {
		w.t.Fatalf("%s is no session of %s", arn, name)
	}
}

func TestAContainer(t *testing.T) {
	w := begin(t)
	w.is(w.full("/creds/worker", map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in"}), "worker")
	w.is(w.full("/v1/credentials", map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": w.file("pod-token")}), "pod")
	file := map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": w.file("let-me-in")}
	w.is(w.full("/creds/worker", file), "worker")
}

func TestAContainerWithAWrongToken(t *testing.T) {
	w := begin(t)
	err := identity(w.full("/creds/worker", map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"}))
	if err == nil || !strings.Contains(err.Error(), "InvalidAuthorizationToken") {
		t.Fatal(err)
	}
}

func TestCredentialsOfAContainerAreFetchedAnewBeforeTheyEnd(t *testing.T) {
	w := begin(t)
	client := w.full("/creds/hurried", nil)
	w.is(client, "worker")
	w.advance(70 * time.Second)
	w.is(client, "worker")
}

func TestAnInstance(t *testing.T) {
	w := begin(t)
	w.environment(map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": w.delivery, "AWS_EC2_METADATA_DISABLED": "false"})
	client, _ := w.application()
	w.is(client, "worker")
}
