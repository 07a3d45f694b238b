import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dsql.DsqlUtilities;

/**
 * Connects to an Aurora DSQL endpoint as an application should: as a database role of its own, with a token for each
 * connection, and with transactions that are repeated as a whole.
 *
 * <p>It reads libpq's variables: PGHOST, the region's endpoint, and PGUSER, the role; AWS's own for the credentials.
 * For the sandbox also PGPORT and PGSSLROOTCERT, as `make sandbox` prints them.
 */
public final class Connect {
  private static final int ATTEMPTS = 10;

  private Connect() {}

  public static void main(String[] args) throws Exception {
    int orders = repeat(connection -> record(connection, "order-1", new BigDecimal("100.50")));
    System.out.printf("order-1 is one of %d%n", orders);
  }

  /** Opens a connection, which Aurora DSQL ends after 60 minutes: whoever keeps it opens another before that. */
  static Connection open() throws SQLException {
    String host = System.getenv("PGHOST"); // <identifier>.dsql.<region>.on.aws
    Region region = Region.of(host.split("\\.")[2]);
    DsqlUtilities tokens =
        DsqlUtilities.builder().region(region).credentialsProvider(DefaultCredentialsProvider.create()).build();
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    // A token is only looked at when a connection begins, and lasts a quarter of an hour: one for each connection.
    properties.setProperty("password", tokens.generateDbConnectAuthToken(request -> request.hostname(host)));
    properties.setProperty("sslmode", "verify-full");
    properties.setProperty("connectTimeout", "5");
    String root = System.getenv("PGSSLROOTCERT");
    if (root == null || root.equals("system")) { // Java's own certificates, among them Amazon's
      properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
    } else {
      properties.setProperty("sslrootcert", root);
    }
    String port = System.getenv().getOrDefault("PGPORT", "5432");
    return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/postgres", properties);
  }

  /** A whole transaction, without its commit. */
  interface Transaction<T> {
    T run(Connection connection) throws SQLException;
  }

  /**
   * Runs a whole transaction again while it may be repeated. The transaction has to bear that, since the one before may
   * have been committed: it tells its rows by keys of its own.
   */
  static <T> T repeat(Transaction<T> transaction) throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = open()) { // with a pool: the pool's
        connection.setAutoCommit(false);
        T result = transaction.run(connection);
        connection.commit();
        return result;
      } catch (SQLException e) {
        if (!repeatable(e) || attempt == ATTEMPTS) {
          throw e;
        }
        Thread.sleep(ThreadLocalRandom.current().nextLong(Math.min(10L << attempt, 1000)));
      }
    }
  }

  /**
   * Says that a transaction lost against another (40001, with OC000 for data or OC001 for the schema), that the server
   * was unavailable (XX000; the commit is uncertain), or that the connection was refused or lost (08; so is the
   * commit).
   */
  static boolean repeatable(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return state.equals("40001")
        || state.equals("XX000") && e.getMessage().contains("unavailable")
        || state.startsWith("08");
  }

  /** Records an order once, however often it is asked to, and returns how many there are. */
  static int record(Connection connection, String order, BigDecimal amount) throws SQLException {
    String insert = "INSERT INTO shop.orders (id, amount) VALUES (?, ?) ON CONFLICT (id) DO NOTHING";
    try (PreparedStatement statement = connection.prepareStatement(insert)) {
      statement.setString(1, order);
      statement.setBigDecimal(2, amount);
      statement.executeUpdate();
    }
    try (PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM shop.orders");
        ResultSet rows = count.executeQuery()) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
