package localsts;

import static localsts.World.ALICE;
import static localsts.World.AUDITED;
import static localsts.World.BOB;
import static localsts.World.BOB_ARN;
import static localsts.World.MAIN;
import static localsts.World.NOBODY;
import static localsts.World.keys;
import static localsts.World.refused;
import static localsts.World.role;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.model.DeleteConflictException;
import software.amazon.awssdk.services.iam.model.EntityAlreadyExistsException;
import software.amazon.awssdk.services.iam.model.LimitExceededException;
import software.amazon.awssdk.services.iam.model.NoSuchEntityException;
import software.amazon.awssdk.services.sts.model.ExpiredTokenException;
import software.amazon.awssdk.services.sts.model.IdpRejectedClaimException;
import software.amazon.awssdk.services.sts.model.InvalidAuthorizationMessageException;
import software.amazon.awssdk.services.sts.model.InvalidIdentityTokenException;
import software.amazon.awssdk.services.sts.model.MalformedPolicyDocumentException;
import software.amazon.awssdk.services.sts.model.OutboundWebIdentityFederationDisabledException;
import software.amazon.awssdk.services.sts.model.PackedPolicyTooLargeException;
import software.amazon.awssdk.services.sts.model.RegionDisabledException;
import software.amazon.awssdk.services.sts.model.SessionDurationEscalationException;
import software.amazon.awssdk.services.sts.model.StsException;
import software.amazon.awssdk.services.sts.model.Tag;

/** Refusals arrive as the classes that the SDK has for them. */
class RefusalsTest {
    private static World world;

    @BeforeAll
    static void begin() throws Exception {
        world = new World();
    }

    @AfterAll
    static void end() {
        world.close();
    }

    @BeforeEach
    void reset() throws Exception {
        world.ask("POST", "/_admin/v1/reset", "{}");
    }

    private Executable bearer(String more, String provider) throws Exception {
        var token = world.token(MAIN, more);
        return () -> world.sts(NOBODY).assumeRoleWithWebIdentity(it -> it.roleArn(role("builder")).roleSessionName("ci")
                .webIdentityToken(token).providerId(provider));
    }

    @Test
    void ofSessionPoliciesAndTags() {
        refused(MalformedPolicyDocumentException.class, "MalformedPolicyDocument", 400, "",
                () -> world.sts(ALICE).assumeRole(it -> it.roleArn(role("open")).roleSessionName("ci").policy("{")));
        var random = new SecureRandom();
        var tags = IntStream.range(0, 50).mapToObj(n -> {
            var value = new byte[128];
            random.nextBytes(value);
            return Tag.builder().key("key-" + n).value(HexFormat.of().formatHex(value)).build();
        }).toList();
        refused(PackedPolicyTooLargeException.class, "PackedPolicyTooLarge", 400, "Packed size of session tags consumes ",
                () -> world.sts(ALICE).assumeRole(it -> it.roleArn(role("open")).roleSessionName("ci").tags(tags)));
    }

    @Test
    void ofARegion() {
        var client = world.sts(StaticCredentialsProvider.create(ALICE), Region.SA_EAST_1);
        var auditor = "arn:aws:iam::" + AUDITED + ":role/auditor";
        refused(RegionDisabledException.class, "RegionDisabledException", 403, "STS is not activated in this region",
                () -> client.assumeRole(it -> it.roleArn(auditor).roleSessionName("ci")));
    }

    @Test
    void ofTokens() throws Exception {
        refused(ExpiredTokenException.class, "ExpiredTokenException", 400, "Token expired: ", bearer(",\"defect\":\"expired\"", null));
        refused(InvalidIdentityTokenException.class, "InvalidIdentityToken", 400, "", bearer(",\"defect\":\"bad-signature\"", null));
        refused(InvalidIdentityTokenException.class, "InvalidIdentityToken", 400, "", bearer(",\"defect\":\"unsigned\"", null));
        refused(IdpRejectedClaimException.class, "IDPRejectedClaim", 403, "", bearer("", "graph.facebook.com"));
    }

    @Test
    void ofMessagesAndOfTokensForOthers() {
        refused(InvalidAuthorizationMessageException.class, "InvalidAuthorizationMessageException", 400, "Message is not valid",
                () -> world.sts(ALICE).decodeAuthorizationMessage(it -> it.encodedMessage("AAAA")));
        var own = keys(world.sts(ALICE).getSessionToken(it -> it.durationSeconds(900)).credentials());
        refused(SessionDurationEscalationException.class, "SessionDurationEscalationException", 403, "",
                () -> world.sts(own).getWebIdentityToken(it -> it.audience("them").signingAlgorithm("RS256").durationSeconds(3600)));
        world.iam(ALICE).disableOutboundWebIdentityFederation(it -> {});
        refused(OutboundWebIdentityFederationDisabledException.class, "OutboundWebIdentityFederationDisabledException", 403, "",
                () -> world.sts(ALICE).getWebIdentityToken(it -> it.audience("them").signingAlgorithm("RS256")));
    }

    @Test
    void withoutAClass() {
        var text = "User: " + BOB_ARN + " is not authorized to perform: sts:AssumeRole on resource: " + role("open");
        refused(StsException.class, "AccessDenied", 403, text,
                () -> world.sts(BOB).assumeRole(it -> it.roleArn(role("open")).roleSessionName("ci")));
        refused(StsException.class, "ValidationError", 400, "",
                () -> world.sts(ALICE).assumeRole(it -> it.roleArn(role("open")).roleSessionName("a b")));
    }

    @Test
    void ofIam() {
        var iam = world.iam(ALICE);
        refused(NoSuchEntityException.class, "NoSuchEntity", 404, "The user with name nobody cannot be found.",
                () -> iam.getUser(it -> it.userName("nobody")));
        refused(EntityAlreadyExistsException.class, "EntityAlreadyExists", 409, "", () -> iam.createUser(it -> it.userName("bob")));
        refused(DeleteConflictException.class, "DeleteConflict", 409, "", () -> iam.deleteUser(it -> it.userName("bob")));
        refused(LimitExceededException.class, "LimitExceeded", 409, "", () -> iam.createAccessKey(it -> it.userName("bob")));
        refused(software.amazon.awssdk.services.iam.model.MalformedPolicyDocumentException.class, "MalformedPolicyDocument", 400, "",
                () -> iam.updateAssumeRolePolicy(it -> it.roleName("reader").policyDocument("{")));
        refused("AccessDenied", 403, "User: " + BOB_ARN + " is not authorized to perform: iam:GetUser on resource: ",
                () -> world.iam(BOB).getUser(it -> it.userName("alice")));
    }
}
