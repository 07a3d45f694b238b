package software.amazon.awssdk.auth.credentials;

/** Stands in for the AWS SDK for Java 2.x: its class of this name, as far as the example uses it. */
public final class DefaultCredentialsProvider implements AwsCredentialsProvider {
  private DefaultCredentialsProvider() {}

  public static DefaultCredentialsProvider create() {
    return new DefaultCredentialsProvider();
  }
}
