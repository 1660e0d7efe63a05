package localsts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/** What the tests share: the service with the seed of all languages, its people, clients and applications. */
final class World implements AutoCloseable {
    static final String ACCOUNT = "123456789012";
    static final String AUDITED = "210987654321";
    static final String ALICE_ARN = "arn:aws:iam::123456789012:user/alice";
    static final String BOB_ARN = "arn:aws:iam::123456789012:user/bob";
    static final String MAIN = "repo:acme/shop:ref:refs/heads/main";
    static final AwsCredentials ALICE = keys("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre");
    static final AwsCredentials BOB = keys("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0");
    static final AwsCredentials RETIRED = keys("AKIAEXAMPLEBOB000002", "EXAMPLE0bob00retired0EXAMPLE0bob00retire");
    static final AwsCredentials NOBODY = keys("nobody", "nothing");
    static final Duration HOUR = Duration.ofHours(1);

    private final Path directory;
    private final Process process;
    private final String aws;
    private final String companion;
    private final String delivery;

    World() throws IOException {
        directory = Files.createTempDirectory("java-");
        var command = new ProcessBuilder(System.getenv("LOCAL_STS_BIN"), "--ephemeral", "--aws-listen", "127.0.0.1:0",
                "--companion-listen", "127.0.0.1:0", "--delivery-listen", "127.0.0.1:0", "--seed", System.getenv("MATRIX_SEED"));
        command.environment().clear();
        process = command.redirectError(directory.resolve("log").toFile()).start();
        String line = process.inputReader().readLine();
        assertTrue(line != null && line.startsWith("ready "), () -> "it is not ready, see " + directory);
        aws = member(line, "aws");
        companion = member(line, "companion");
        delivery = member(line, "delivery");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    static AwsCredentials keys(String id, String secret) {
        return AwsBasicCredentials.create(id, secret);
    }

    static AwsSessionCredentials keys(Credentials issued) {
        return AwsSessionCredentials.create(issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken());
    }

    static String role(String name) {
        return "arn:aws:iam::" + ACCOUNT + ":role/" + name;
    }

    static String session(String name, String as) {
        return "arn:aws:sts::" + ACCOUNT + ":assumed-role/" + name + "/" + as;
    }

    String endpoint() {
        return aws;
    }

    String delivery() {
        return delivery;
    }

    Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "file", ""), text);
    }

    /** What the companion answers. */
    String ask(String method, String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(companion + path))
                .header("content-type", "application/json").method(method, BodyPublishers.ofString(body)).build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
        return answer.body();
    }

    /** A text in an answer of JSON. */
    static String member(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        assertTrue(found.find(), () -> "no " + name + " in " + json);
        return found.group(1);
    }

    void advance(Duration by) throws Exception {
        ask("POST", "/_admin/v1/clock/advance", "{\"seconds\":" + by.toSeconds() + "}");
    }

    /** The service's clock stands so that sessions of an hour, by the machine's clock, end in this time. */
    void sessionsEndIn(Duration left) throws Exception {
        var at = Instant.now().plus(left).minus(HOUR).truncatedTo(ChronoUnit.SECONDS);
        ask("PUT", "/_admin/v1/clock", "{\"mode\":\"frozen\",\"backwards\":true,\"at\":\"" + at + "\"}");
    }

    /** A token of a build of this branch; `more` are further members of the order. */
    String token(String subject, String more) throws Exception {
        return member(ask("POST", "/oidc/token", "{\"preset\":\"github-actions\",\"platformIssuer\":true,"
                + "\"aud\":\"sts.amazonaws.com\",\"sub\":\"" + subject + "\"" + more + "}"), "token");
    }

    /** An assertion that says who logged in. */
    String assertion() throws Exception {
        var provider = "arn:aws:iam::" + ACCOUNT + ":saml-provider/demo";
        var order = "{\"roles\":[[\"" + role("analyst") + "\",\"" + provider + "\"]],\"subject\":\"alice\"}";
        return member(ask("POST", "/saml/response", order), "samlResponse");
    }

    StsClient sts(AwsCredentials who) {
        return sts(StaticCredentialsProvider.create(who), Region.EU_CENTRAL_1);
    }

    StsClient sts(AwsCredentialsProvider who, Region region) {
        return StsClient.builder().endpointOverride(URI.create(aws)).region(region).credentialsProvider(who)
                .overrideConfiguration(it -> it.retryStrategy(AwsRetryStrategy.doNotRetry())).build();
    }

    IamClient iam(AwsCredentials who) {
        return IamClient.builder().endpointOverride(URI.create(aws)).region(Region.AWS_GLOBAL)
                .credentialsProvider(StaticCredentialsProvider.create(who))
                .overrideConfiguration(it -> it.retryStrategy(AwsRetryStrategy.doNotRetry())).build();
    }

    /** The keys of a session of this role. */
    AwsSessionCredentials assumed(AwsCredentials who, String name) {
        return keys(sts(who).assumeRole(it -> it.roleArn(role(name)).roleSessionName("ci")).credentials());
    }

    static String identity(StsClient client) {
        return client.getCallerIdentity().arn();
    }

    /** Expects a refusal: its class, its code, status and the beginning of its text. */
    static void refused(Class<? extends AwsServiceException> kind, String code, int status, String text, Executable call) {
        var refusal = assertThrows(AwsServiceException.class, call);
        assertInstanceOf(kind, refusal);
        assertEquals(code, refusal.awsErrorDetails().errorCode());
        assertEquals(status, refusal.statusCode(), refusal.getMessage());
        assertEquals(36, refusal.requestId().length());
        var said = refusal.awsErrorDetails().errorMessage();
        assertTrue(said.startsWith(text), said);
    }

    static void refused(String code, int status, String text, Executable call) {
        refused(AwsServiceException.class, code, status, text, call);
    }

    /** Starts {@link Application} with these variables, and nothing of the machine's own; those that are empty are not there. */
    Running application(Map<String, String> variables) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command = new ProcessBuilder(List.of(java, "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                Application.class.getName()));
        var nothing = directory.resolve("nothing").toString();
        var environment = new HashMap<>(Map.of("AWS_CONFIG_FILE", nothing, "AWS_SHARED_CREDENTIALS_FILE", nothing,
                "AWS_EC2_METADATA_DISABLED", "true", "AWS_REGION", "eu-central-1", "AWS_MAX_ATTEMPTS", "1",
                "AWS_ENDPOINT_URL_STS", aws, "HOME", directory.toString()));
        environment.putAll(variables);
        environment.values().removeIf(String::isEmpty);
        command.environment().clear();
        command.environment().putAll(environment);
        return new Running(command.redirectError(directory.resolve("application").toFile()).start());
    }

    /** An application that says who it is whenever it is asked. */
    record Running(Process process, BufferedReader says) implements AutoCloseable {
        Running(Process process) {
            this(process, process.inputReader());
        }

        /** Who it is, or the code by which it was refused; and its key. */
        String[] ask() throws IOException {
            process.outputWriter().append('\n').flush();
            var line = says.readLine();
            assertTrue(line != null, "it ended");
            return line.split(" ");
        }

        String who() throws IOException {
            return ask()[0];
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
