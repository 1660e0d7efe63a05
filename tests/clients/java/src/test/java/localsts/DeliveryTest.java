package localsts;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Credentials as they are fetched where an application runs on AWS: by a container, a pod and an instance. */
class DeliveryTest {
    private World world;

    @BeforeEach
    void begin() throws Exception {
        world = new World();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private World.Running full(String path, Map<String, String> more) throws Exception {
        var variables = new HashMap<>(Map.of("AWS_CONTAINER_CREDENTIALS_FULL_URI", world.delivery() + path));
        variables.putAll(more);
        return world.application(variables);
    }

    private static void is(World.Running application, String name) throws Exception {
        var said = String.join(" ", application.ask());
        assertTrue(said.startsWith("arn:aws:sts::123456789012:assumed-role/" + name + "/"), said);
    }

    @Test
    void aContainerAndAPod() throws Exception {
        try (var application = full("/creds/worker", Map.of("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in"))) {
            is(application, "worker");
        }
        var file = world.file("pod-token").toString();
        try (var application = full("/v1/credentials", Map.of("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file))) {
            is(application, "pod");
        }
    }

    @Test
    void aContainerWithAWrongToken() throws Exception {
        try (var application = full("/creds/worker", Map.of("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong"))) {
            var said = String.join(" ", application.ask());
            assertTrue(said.startsWith("FAILED ") && said.contains("ContainerCredentialsProvider(): Failed to load credentials"), said);
        }
    }

    @Test
    void credentialsOfAContainerAreFetchedAnewBeforeTheyEnd() throws Exception {
        try (var application = full("/creds/hurried", Map.of())) {
            is(application, "worker");
            world.advance(Duration.ofSeconds(70));
            is(application, "worker");
        }
    }

    @Test
    void anInstance() throws Exception {
        var variables = Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", world.delivery(), "AWS_EC2_METADATA_DISABLED", "false");
        try (var application = world.application(variables)) {
            is(application, "worker");
        }
    }
}
