package software.amazon.awssdk.services.dsql;

import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dsql.model.GenerateAuthTokenRequest;

/**
 * Stands in for the AWS SDK for Java 2.x: its interface of this name (aws-sdk-java-v2/services/dsql), as
 * far as the example uses it. The token is made by the test.
 */
public interface DsqlUtilities {
  static Builder builder() {
    return new Utilities();
  }

  String generateDbConnectAuthToken(Consumer<GenerateAuthTokenRequest.Builder> request);

  /** Makes the utilities. */
  interface Builder {
    Builder region(Region region);

    Builder credentialsProvider(AwsCredentialsProvider credentialsProvider);

    DsqlUtilities build();
  }

  /** All of it: what is built, what builds it, and what a token is for. */
  final class Utilities implements DsqlUtilities, Builder, GenerateAuthTokenRequest.Builder {
    private Region region;
    private String hostname;
    private AwsCredentialsProvider credentials;

    @Override
    public Utilities region(Region region) {
      this.region = region;
      return this;
    }

    @Override
    public Utilities credentialsProvider(AwsCredentialsProvider credentialsProvider) {
      credentials = credentialsProvider;
      return this;
    }

    @Override
    public DsqlUtilities build() {
      return this;
    }

    @Override
    public Utilities hostname(String endpoint) {
      hostname = endpoint;
      return this;
    }

    @Override
    public String generateDbConnectAuthToken(Consumer<GenerateAuthTokenRequest.Builder> request) {
      request.accept(this);
      if (credentials == null || !hostname.endsWith(".dsql." + region.id() + ".on.aws")) {
        throw new IllegalArgumentException(hostname + " is not in " + region.id() + ", or nobody signs");
      }
      return System.getenv("TOKEN");
    }
  }
}
