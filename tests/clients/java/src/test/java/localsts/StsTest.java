package localsts;

import static localsts.World.ACCOUNT;
import static localsts.World.ALICE;
import static localsts.World.ALICE_ARN;
import static localsts.World.AUDITED;
import static localsts.World.BOB;
import static localsts.World.BOB_ARN;
import static localsts.World.HOUR;
import static localsts.World.MAIN;
import static localsts.World.NOBODY;
import static localsts.World.identity;
import static localsts.World.keys;
import static localsts.World.member;
import static localsts.World.refused;
import static localsts.World.role;
import static localsts.World.session;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.services.sts.model.Credentials;
import software.amazon.awssdk.services.sts.model.InvalidIdentityTokenException;
import software.amazon.awssdk.services.sts.model.Tag;

/** Each action of STS that is served, once as it goes well; the answers are read as the SDK reads them. */
class StsTest {
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

    /** Credentials that are whole, and end after this long. */
    private static AwsSessionCredentials lasting(Credentials issued, Duration life) {
        assertTrue(issued.accessKeyId().matches("ASIA[A-Z2-7]{16}"), issued.accessKeyId());
        assertEquals(40, issued.secretAccessKey().length());
        var off = Duration.between(Instant.now().plus(life), issued.expiration()).abs();
        assertTrue(off.compareTo(Duration.ofSeconds(10)) < 0, issued.expiration().toString());
        return keys(issued);
    }

    @Test
    void getCallerIdentity() {
        var answer = world.sts(BOB).getCallerIdentity();
        assertEquals(ACCOUNT + " " + BOB_ARN + " AIDA", answer.account() + " " + answer.arn() + " " + answer.userId().substring(0, 4));
        assertEquals(36, answer.responseMetadata().requestId().length());
    }

    @Test
    void assumeRoleWithAllThatCanBeSaid() {
        var answer = world.sts(ALICE).assumeRole(it -> it.roleArn(role("open")).roleSessionName("a=b@c.d").durationSeconds(900)
                .sourceIdentity("Alice").tags(Tag.builder().key("team").value("blü =+@").build()).transitiveTagKeys("team"));
        assertEquals(session("open", "a=b@c.d"), answer.assumedRoleUser().arn());
        assertEquals("Alice", answer.sourceIdentity());
        assertTrue(answer.packedPolicySize() > 0);
        assertEquals(session("open", "a=b@c.d"), identity(world.sts(lasting(answer.credentials(), Duration.ofMinutes(15)))));
    }

    @Test
    void assumeRoleWithACodeOfASecondFactor() throws Exception {
        var device = "arn:aws:iam::" + ACCOUNT + ":mfa/alice-phone";
        var code = member(world.ask("GET", "/_admin/v1/mfa?serialNumber=" + device, ""), "code");
        world.sts(ALICE).assumeRole(it -> it.roleArn(role("open")).roleSessionName("ci").serialNumber(device).tokenCode(code));
        refused("AccessDenied", 403, "MultiFactorAuthentication failed", () -> world.sts(ALICE)
                .assumeRole(it -> it.roleArn(role("open")).roleSessionName("ci").serialNumber(device).tokenCode(code)));
    }

    @Test
    void assumeRoleWithWebIdentity() throws Exception {
        var token = world.token(MAIN, "");
        var answer = world.sts(NOBODY).assumeRoleWithWebIdentity(it -> it.roleArn(role("builder")).roleSessionName("ci").webIdentityToken(token));
        lasting(answer.credentials(), HOUR);
        assertEquals(MAIN + " sts.amazonaws.com", answer.subjectFromWebIdentityToken() + " " + answer.audience());
        assertEquals("arn:aws:iam::" + ACCOUNT + ":oidc-provider/token.actions.githubusercontent.com", answer.provider());
    }

    @Test
    void assumeRoleWithSaml() throws Exception {
        var provider = "arn:aws:iam::" + ACCOUNT + ":saml-provider/demo";
        var assertion = world.assertion();
        var answer = world.sts(NOBODY).assumeRoleWithSAML(it -> it.roleArn(role("analyst")).principalArn(provider).samlAssertion(assertion));
        lasting(answer.credentials(), HOUR);
        assertEquals("alice https://signin.aws.amazon.com/saml", answer.subject() + " " + answer.audience());
        refused(InvalidIdentityTokenException.class, "InvalidIdentityToken", 400, "SAML Assertion doesn't contain the requested Role",
                () -> world.sts(NOBODY).assumeRoleWithSAML(it -> it.roleArn(role("builder")).principalArn(provider).samlAssertion(assertion)));
    }

    @Test
    void assumeRoot() {
        var task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
        var answer = world.sts(ALICE).assumeRoot(it -> it.targetPrincipal(AUDITED).taskPolicyArn(p -> p.arn(task)));
        assertEquals("arn:aws:iam::" + AUDITED + ":root", identity(world.sts(lasting(answer.credentials(), Duration.ofMinutes(15)))));
        refused("AccessDenied", 403, "", () -> world.sts(BOB).assumeRoot(it -> it.targetPrincipal(AUDITED).taskPolicyArn(p -> p.arn(task))));
    }

    @Test
    void getSessionTokenAndGetFederationToken() {
        var own = lasting(world.sts(BOB).getSessionToken().credentials(), Duration.ofHours(12));
        assertEquals(BOB_ARN, identity(world.sts(own)));
        var policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}";
        var answer = world.sts(ALICE).getFederationToken(it -> it.name("guest").policy(policy));
        assertEquals("arn:aws:sts::" + ACCOUNT + ":federated-user/guest", answer.federatedUser().arn());
        assertEquals(answer.federatedUser().arn(), identity(world.sts(lasting(answer.credentials(), Duration.ofHours(12)))));
        refused("AccessDenied", 403, "", () -> world.sts(BOB).getFederationToken(it -> it.name("guest")));
    }

    @Test
    void getAccessKeyInfo() {
        var key = world.assumed(BOB, "reader").accessKeyId();
        assertEquals(ACCOUNT, world.sts(ALICE).getAccessKeyInfo(it -> it.accessKeyId(key)).account());
    }

    @Test
    void getWebIdentityToken() {
        var answer = world.sts(ALICE).getWebIdentityToken(it -> it.audience("https://them.example").signingAlgorithm("ES384"));
        var claims = new String(Base64.getUrlDecoder().decode(answer.webIdentityToken().split("\\.")[1]));
        assertEquals(ALICE_ARN + " https://them.example", member(claims, "sub") + " " + member(claims, "aud"));
        assertTrue(claims.contains("\"exp\":" + answer.expiration().getEpochSecond()), claims);
        refused("AccessDenied", 403, "", () -> world.sts(BOB).getWebIdentityToken(it -> it.audience("them").signingAlgorithm("ES384")));
    }

    @Test
    void anActionThatIsNotServed() {
        refused("InvalidAction", 400, "", () -> world.sts(ALICE).getDelegatedAccessToken(it -> it.tradeInToken("something")));
    }
}
