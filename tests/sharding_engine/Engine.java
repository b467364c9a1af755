import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.shardingsphere.driver.api.yaml.YamlShardingSphereDataSourceFactory;

/**
 * Runs the statements of standard input, one a line, through ShardingSphere with the configuration of a proxy. After the statement
 * may stand parameters, with a tab before each: a number, or text. BEGIN and COMMIT are told as JDBC does. Prints a line for each, "= " and what it returned, columns with "|" and
 * rows with a space between; "ok"; or "error" and why.
 */
public class Engine {
    public static void main(String[] arguments) throws Exception {
        DataSource source = YamlShardingSphereDataSourceFactory.createDataSource(new File(arguments[0]));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Connection connection = source.getConnection()) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                System.out.println("= " + answer(connection, line.split("\t")));
            }
        }
        // Its threads would keep the program alive.
        System.exit(0);
    }

    private static String answer(Connection connection, String[] words) {
        try {
            if (words[0].equals("BEGIN") || words[0].equals("COMMIT")) {
                // The end of the one mode is the commit.
                connection.setAutoCommit(words[0].equals("COMMIT"));
                return "ok";
            }
        } catch (SQLException problem) {
            return "error " + problem.getMessage();
        }
        try (PreparedStatement statement = connection.prepareStatement(words[0])) {
            for (int index = 1; index < words.length; index++) {
                if (words[index].matches("-?[0-9]+")) {
                    statement.setLong(index, Long.parseLong(words[index]));
                } else {
                    statement.setString(index, words[index]);
                }
            }
            if (!statement.execute()) {
                return "ok";
            }
            StringBuilder said = new StringBuilder();
            try (ResultSet rows = statement.getResultSet()) {
                while (rows.next()) {
                    said.append(said.length() == 0 ? "" : " ");
                    for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                        said.append(column == 1 ? "" : "|").append(rows.getString(column));
                    }
                }
            }
            return said.toString();
        } catch (SQLException | RuntimeException problem) {
            return "error " + String.valueOf(problem.getMessage()).replace('\n', ' ');
        }
    }
}
