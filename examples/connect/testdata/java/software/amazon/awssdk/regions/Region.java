package software.amazon.awssdk.regions;

/** Stands in for the AWS SDK for Java 2.x: its class of this name, as far as the example uses it. */
public final class Region {
  private final String id;

  private Region(String id) {
    this.id = id;
  }

  public static Region of(String value) {
    return new Region(value);
  }

  public String id() {
    return id;
  }
}
