package clients

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func (w *world) assume(who aws.Credentials, change func(*sts.AssumeRoleInput)) error {
	input := &sts.AssumeRoleInput{RoleArn: aws.String(role("open")), RoleSessionName: aws.String("ci")}
	change(input)
	_, err := w.sts(who).AssumeRole(ctx, input)
	return err
}

func TestRefusalsOfSTS(t *testing.T) {
	w := begin(t)
	bearer := func(defect, provider string) error {
		input := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(role("builder")), RoleSessionName: aws.String("ci")}
		order := map[string]any{}
		if defect != "" {
			order["defect"] = defect
		}
		input.WebIdentityToken = aws.String(w.token(order))
		if provider != "" {
			input.ProviderId = aws.String(provider)
		}
		_, err := w.sts(nobody).AssumeRoleWithWebIdentity(ctx, input)
		return err
	}
	outbound := func(who aws.Credentials, seconds int32) error {
		input := &sts.GetWebIdentityTokenInput{Audience: []string{"them"}, SigningAlgorithm: aws.String("RS256")}
		input.DurationSeconds = aws.Int32(seconds)
		_, err := w.sts(who).GetWebIdentityToken(ctx, input)
		return err
	}

	bad := w.assume(alice, func(input *sts.AssumeRoleInput) { input.Policy = aws.String("{") })
	refusedAs[*types.MalformedPolicyDocumentException](t, bad, "MalformedPolicyDocument", 400, "")

	large := w.assume(alice, func(input *sts.AssumeRoleInput) {
		for n := range 50 {
			value := make([]byte, 128)
			_, err := rand.Read(value)
			w.must(err)
			tag := types.Tag{Key: aws.String(fmt.Sprintf("key-%d", n)), Value: aws.String(hex.EncodeToString(value))}
			input.Tags = append(input.Tags, tag)
		}
	})
	refusedAs[*types.PackedPolicyTooLargeException](t, large, "PackedPolicyTooLarge", 400, `^Packed size of session tags consumes \d+% of allotted space\.$`)

	input := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + audited + ":role/auditor"), RoleSessionName: aws.String("ci")}
	_, disabled := sts.NewFromConfig(w.config(alice, "sa-east-1")).AssumeRole(ctx, input)
	refusedAs[*types.RegionDisabledException](t, disabled, "RegionDisabledException", 403, "^STS is not activated in this region")

	refusedAs[*types.ExpiredTokenException](t, bearer("expired", ""), "ExpiredTokenException", 400, "")
	refusedAs[*types.InvalidIdentityTokenException](t, bearer("bad-signature", ""), "InvalidIdentityToken", 400, "")
	refusedAs[*types.InvalidIdentityTokenException](t, bearer("unsigned", ""), "InvalidIdentityToken", 400, "")
	refusedAs[*types.IDPRejectedClaimException](t, bearer("", "graph.facebook.com"), "IDPRejectedClaim", 403, "")

	_, undecoded := w.sts(alice).DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("AAAA")})
	refusedAs[*types.InvalidAuthorizationMessageException](t, undecoded, "InvalidAuthorizationMessageException", 400, "^Message is not valid$")

	short, err := w.sts(alice).GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	w.must(err)
	refusedAs[*types.SessionDurationEscalationException](t, outbound(keys(short.Credentials), 3600), "SessionDurationEscalationException", 403, "")
	_, err = w.iam(alice).DisableOutboundWebIdentityFederation(ctx, &iam.DisableOutboundWebIdentityFederationInput{})
	w.must(err)
	refusedAs[*types.OutboundWebIdentityFederationDisabledException](t, outbound(alice, 300), "OutboundWebIdentityFederationDisabledException", 403, "")

	denied := w.assume(bob, func(*sts.AssumeRoleInput) {})
	refused(t, denied, "AccessDenied", 403, `^User: .*user/bob is not authorized to perform: sts:AssumeRole on resource: `)
	long := w.assume(alice, func(input *sts.AssumeRoleInput) { input.DurationSeconds = aws.Int32(43201) })
	refused(t, long, "ValidationError", 400, "")
}

func TestRefusalsOfIAM(t *testing.T) {
	w := begin(t)
	client := w.iam(alice)
	_, err := client.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("nobody")})
	refusedAs[*iamtypes.NoSuchEntityException](t, err, "NoSuchEntity", 404, `^The user with name nobody cannot be found\.$`)
	_, err = client.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob")})
	refusedAs[*iamtypes.EntityAlreadyExistsException](t, err, "EntityAlreadyExists", 409, "")
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("bob")})
	refusedAs[*iamtypes.DeleteConflictException](t, err, "DeleteConflict", 409, "")
	_, err = client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
	refusedAs[*iamtypes.LimitExceededException](t, err, "LimitExceeded", 409, "")
	_, err = client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("reader"), PolicyDocument: aws.String("{")})
	refusedAs[*iamtypes.MalformedPolicyDocumentException](t, err, "MalformedPolicyDocument", 400, "")
	_, err = w.iam(bob).GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")})
	refused(t, err, "AccessDenied", 403, `^User: .*user/bob is not authorized to perform: iam:GetUser on resource: user alice because no identity-based policy`)
}
