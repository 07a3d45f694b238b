package software.amazon.awssdk.auth.credentials;

/** Stands in for the AWS SDK for Java 2.x: its interface of this name, as far as the example uses it. */
public interface AwsCredentialsProvider {}
