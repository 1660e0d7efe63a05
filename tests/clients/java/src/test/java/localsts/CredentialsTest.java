package localsts;

import static localsts.World.ALICE;
import static localsts.World.ALICE_ARN;
import static localsts.World.BOB;
import static localsts.World.BOB_ARN;
import static localsts.World.MAIN;
import static localsts.World.RETIRED;
import static localsts.World.keys;
import static localsts.World.role;
import static localsts.World.session;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/** Every way to credentials that leads here: allowed, denied, and over time. */
class CredentialsTest {
    private World world;

    @BeforeEach
    void begin() throws Exception {
        world = new World();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static Map<String, String> variables(AwsCredentials keys) {
        var variables = new HashMap<>(Map.of("AWS_ACCESS_KEY_ID", keys.accessKeyId(), "AWS_SECRET_ACCESS_KEY", keys.secretAccessKey()));
        if (keys instanceof AwsSessionCredentials session) {
            variables.put("AWS_SESSION_TOKEN", session.sessionToken());
        }
        return variables;
    }

    private static String profiles(String more) {
        return """
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
                role_arn = %4$s
                external_id = somebody-else

                [profile reader]
                source_profile = bob
                role_arn = %5$s
                role_session_name = monthly
                %6$s
                """.formatted(BOB.accessKeyId(), BOB.secretAccessKey(), role("next"), role("partner"), role("reader"), more);
    }

    private Map<String, String> profile(String name) throws Exception {
        return Map.of("AWS_CONFIG_FILE", world.file(profiles("")).toString(), "AWS_PROFILE", name);
    }

    private Map<String, String> tokenFile(String token) throws Exception {
        return Map.of("AWS_ROLE_ARN", role("builder"), "AWS_ROLE_SESSION_NAME", "build",
                "AWS_WEB_IDENTITY_TOKEN_FILE", world.file(token).toString());
    }

    private void says(String who, Map<String, String> variables) throws Exception {
        try (var application = world.application(variables)) {
            assertEquals(who, application.who());
        }
    }

    /** The chain of providers tells no codes, but what was said. */
    private void fails(String text, Map<String, String> variables) throws Exception {
        try (var application = world.application(variables)) {
            var said = String.join(" ", application.ask());
            assertTrue(said.startsWith("FAILED ") && said.contains(text), said);
        }
    }

    @Test
    void keysInTheEnvironment() throws Exception {
        says(ALICE_ARN, variables(ALICE));
        says(session("reader", "ci"), variables(world.assumed(BOB, "reader")));
        says("SignatureDoesNotMatch", variables(keys(ALICE.accessKeyId(), BOB.secretAccessKey())));
        says("InvalidClientTokenId", variables(RETIRED));
    }

    @Test
    void keysInTheFileOfCredentials() throws Exception {
        var text = "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n".formatted(BOB.accessKeyId(), BOB.secretAccessKey());
        says(BOB_ARN, Map.of("AWS_SHARED_CREDENTIALS_FILE", world.file(text).toString()));
    }

    @Test
    void profilesWithARole() throws Exception {
        says(session("reader", "monthly"), profile("reader"));
        says(session("next", "release"), profile("next"));
        says(session("partner", "exchange"), profile("partner"));
        fails("is not authorized to perform: sts:AssumeRole on resource: " + role("partner"), profile("stranger"));
    }

    @Test
    void aProfileWhoseSectionOfServicesHasTheEndpoint() throws Exception {
        var text = profiles("services = local\n\n[services local]\nsts =\n  endpoint_url = " + world.endpoint() + "\n");
        var variables = new HashMap<>(Map.of("AWS_CONFIG_FILE", world.file(text).toString(), "AWS_PROFILE", "reader"));
        variables.put("AWS_ENDPOINT_URL_STS", "");
        says(session("reader", "monthly"), variables);
    }

    @Test
    void aTokenFile() throws Exception {
        says(session("builder", "build"), tokenFile(world.token(MAIN, "")));
        fails("Not authorized to perform sts:AssumeRoleWithWebIdentity", tokenFile(world.token("repo:acme/shop:ref:refs/heads/other", "")));
        fails("Token expired: ", tokenFile(world.token(MAIN, ",\"defect\":\"expired\"")));
        var text = "[profile web]\nrole_arn = %s\nweb_identity_token_file = %s\nrole_session_name = file\n";
        var file = world.file(text.formatted(role("builder"), world.file(world.token(MAIN, ""))));
        says(session("builder", "file"), Map.of("AWS_CONFIG_FILE", file.toString(), "AWS_PROFILE", "web"));
    }

    /** Ten minutes before its end a session is kept; in its last minute it is replaced, and so outlives its end. */
    private void isReplaced(String who, Callable<Map<String, String>> variables) throws Exception {
        world.sessionsEndIn(Duration.ofMinutes(10));
        try (var application = world.application(variables.call())) {
            var first = application.ask();
            assertEquals(who, first[0]);
            assertEquals(first[1], application.ask()[1]);
        }
        world.sessionsEndIn(Duration.ofSeconds(50));
        try (var application = world.application(variables.call())) {
            var first = application.ask();
            assertEquals(who, first[0]);
            world.advance(World.HOUR);
            var second = application.ask();
            assertEquals(who, second[0]);
            assertNotEquals(first[1], second[1]);
        }
    }

    @Test
    void sessionsOfAProfileAreReplaced() throws Exception {
        isReplaced(session("reader", "monthly"), () -> profile("reader"));
    }

    @Test
    void sessionsOfATokenFileAreReplaced() throws Exception {
        isReplaced(session("builder", "build"), () -> tokenFile(world.token(MAIN, ",\"lifetimeSeconds\":10800")));
    }

    @Test
    void aSessionThatEndsBeforeItsTimeIsRefusedAsExpired() throws Exception {
        try (var application = world.application(profile("reader"))) {
            assertEquals(session("reader", "monthly"), application.who());
            world.advance(World.HOUR);
            assertEquals("ExpiredToken", application.who());
        }
    }
}
