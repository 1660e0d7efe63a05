package clients

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func allow(action string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`)
}

func fresh(t *testing.T, date *time.Time) {
	t.Helper()
	if date == nil || time.Since(*date).Abs() > time.Minute {
		t.Fatalf("%v is not now", date)
	}
}

func TestAUserComesGetsKeysChangesThemAndGoes(t *testing.T) {
	w := begin(t)
	client, name := w.iam(alice), aws.String("carol")
	made, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: name, Path: aws.String("/crew/")})
	w.must(err)
	equal(t, *made.User.Arn, "arn:aws:iam::"+account+":user/crew/carol")
	fresh(t, made.User.CreateDate)
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	w.must(err)
	fresh(t, key.AccessKey.CreateDate)
	carol := aws.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
	equal(t, w.identify(w.sts(carol)), *made.User.Arn)
	used, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &carol.AccessKeyID})
	w.must(err)
	equal(t, *used.UserName+" "+*used.AccessKeyLastUsed.ServiceName, "carol sts")
	fresh(t, used.AccessKeyLastUsed.LastUsedDate)

	_, err = w.iam(carol).ListUsers(ctx, &iam.ListUsersInput{})
	refused(t, err, "AccessDenied", 403, "")
	look := aws.String("look")
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: look, PolicyDocument: allow("iam:ListUsers")})
	w.must(err)
	users, err := w.iam(carol).ListUsers(ctx, &iam.ListUsersInput{})
	w.must(err)
	equal(t, len(users.Users), 3)
	policy, err := client.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: name, PolicyName: look})
	w.must(err)
	document, err := url.QueryUnescape(*policy.PolicyDocument)
	w.must(err)
	equal(t, document, *allow("iam:ListUsers"))

	_, err = client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: &carol.AccessKeyID, Status: types.StatusTypeInactive})
	w.must(err)
	refused(t, identity(w.sts(carol)), "InvalidClientTokenId", 403, "")
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	refusedAs[*types.DeleteConflictException](t, err, "DeleteConflict", 409, "")
	_, err = client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: &carol.AccessKeyID})
	w.must(err)
	_, err = client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: look})
	w.must(err)
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	w.must(err)
	_, err = client.GetUser(ctx, &iam.GetUserInput{UserName: name})
	refusedAs[*types.NoSuchEntityException](t, err, "NoSuchEntity", 404, "")
}

func TestARoleComesIsAssumedMayLessAndGoes(t *testing.T) {
	w := begin(t)
	client, name := w.iam(alice), aws.String("made")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + aliceArn + `"},"Action":"sts:AssumeRole"}]}`
	made, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust})
	w.must(err)
	equal(t, *made.Role.Arn, role("made"))
	fresh(t, made.Role.CreateDate)
	own := w.assumed(alice, "made")
	_, err = w.iam(own).ListRoles(ctx, &iam.ListRolesInput{})
	refused(t, err, "AccessDenied", 403, "")
	policy, err := client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("look"), PolicyDocument: allow("iam:ListRoles")})
	w.must(err)
	_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy.Policy.Arn})
	w.must(err)
	_, err = w.iam(own).ListRoles(ctx, &iam.ListRolesInput{})
	w.must(err)
	version, err := client.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policy.Policy.Arn, PolicyDocument: allow("s3:*"), SetAsDefault: true})
	w.must(err)
	equal(t, *version.PolicyVersion.VersionId, "v2")
	_, err = w.iam(own).ListRoles(ctx, &iam.ListRolesInput{})
	refused(t, err, "AccessDenied", 403, "")

	_, err = client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: policy.Policy.Arn})
	refusedAs[*types.DeleteConflictException](t, err, "DeleteConflict", 409, "")
	_, err = client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy.Policy.Arn})
	w.must(err)
	_, err = client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: policy.Policy.Arn, VersionId: aws.String("v1")})
	w.must(err)
	_, err = client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: policy.Policy.Arn})
	w.must(err)
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	w.must(err)
	_, err = w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role("made")), RoleSessionName: aws.String("ci")})
	refused(t, err, "AccessDenied", 403, "")
}

func TestPagesOfUsersFollowEachOther(t *testing.T) {
	w := begin(t)
	client := w.iam(alice)
	for n := range 7 {
		_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(fmt.Sprintf("many-%d", n)), Path: aws.String("/many/")})
		w.must(err)
	}
	pages := iam.NewListUsersPaginator(client, &iam.ListUsersInput{PathPrefix: aws.String("/many/"), MaxItems: aws.Int32(3)})
	var names []string
	count := 0
	for ; pages.HasMorePages(); count++ {
		page, err := pages.NextPage(ctx)
		w.must(err)
		for _, user := range page.Users {
			names = append(names, *user.UserName)
		}
	}
	equal(t, count, 3)
	equal(t, strings.Join(names, " "), "many-0 many-1 many-2 many-3 many-4 many-5 many-6")
}
