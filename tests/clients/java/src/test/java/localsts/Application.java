package localsts;

import java.util.Scanner;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sts.StsClient;

/** A program that is told nothing but its environment: for each line that it reads it says who it is, and by which key. */
final class Application {
    private Application() {}

    public static void main(String[] arguments) {
        try (var lines = new Scanner(System.in); var provider = DefaultCredentialsProvider.builder().build();
                var client = StsClient.builder().credentialsProvider(provider).build()) {
            while (lines.hasNextLine()) {
                lines.nextLine();
                System.out.println(say(client, provider));
            }
        }
    }

    private static String say(StsClient client, DefaultCredentialsProvider provider) {
        try {
            return client.getCallerIdentity().arn() + " " + provider.resolveCredentials().accessKeyId();
        } catch (AwsServiceException refusal) {
            return refusal.awsErrorDetails().errorCode() + " " + refusal.getClass().getSimpleName();
        } catch (SdkException failure) {
            return "FAILED " + failure.getMessage().replace('\n', ' ');
        }
    }
}
