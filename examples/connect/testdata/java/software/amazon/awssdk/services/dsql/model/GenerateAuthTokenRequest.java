package software.amazon.awssdk.services.dsql.model;

import software.amazon.awssdk.regions.Region;

/**
 * Stands in for the AWS SDK for Java 2.x: its class of this name (aws-sdk-java-v2/services/dsql), as far
 * as the example uses it.
 */
public final class GenerateAuthTokenRequest {
  private GenerateAuthTokenRequest() {}

  /** What a token is for. */
  public interface Builder {
    Builder hostname(String endpoint);

    Builder region(Region region);
  }
}
