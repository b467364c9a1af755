//! ShardingSphere itself with what is rendered: its rule engine in a Java program, because the proxy around it is published as an image
//! and an archive only. The start script runs as it does in the proxy's container, and starts the program in its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cloudgen::output::Rendered;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::configuration::{Files, files, replicated, shop};
use crate::questions::{Questions, fill, read, schema};
use crate::servers::{DATABASE, Server, Servers, USER, binaries};
use crate::support::project;
use crate::support::tools::{folder, is_there, run};

/// Stands where the image has its own start script. ShardingSphere in a program wants to be told its pool, of which the proxy must not
/// be told.
const START: &str = r#"#!/bin/bash
set -euo pipefail
[ "$1 $3" = "-p -c" ]
if env | grep PASSWORD; then exit 1; fi
[ "$(stat -c %a "$4/database-main.yaml")" = 600 ]
sed -i 's/^    url: /    dataSourceClassName: com.zaxxer.hikari.HikariDataSource\n&/' "$4/database-main.yaml"
exec java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$JARS/*" "$PROGRAM" "$4/database-main.yaml"
"#;

const TABLES: &str = "tables = [\"orders\", \"order_items\"]\nreference_tables = [\"countries\"]\ngenerated_ids = { orders = \"order_id\" }";

struct Engine {
    servers: Servers,
    jars: PathBuf,
}

/// The number that decides under `hash`, as the README tells applications to compute it.
fn hash(key: &str) -> usize {
    let digest = Sha256::digest(key.to_lowercase().as_bytes());
    usize::from(digest[0]) << 20
        | usize::from(digest[1]) << 12
        | usize::from(digest[2]) << 4
        | usize::from(digest[3] >> 4)
}

impl Engine {
    /// The server of a shard; the main one is before them.
    fn shard(&self, number: usize) -> &Server {
        &self.servers.all[number + 1]
    }

    /// The last server stands for a replica, though it follows nobody.
    fn replica(&self) -> &Server {
        &self.servers.all[self.servers.all.len() - 1]
    }

    /// Runs the start script with these shards, and compares every answer.
    fn run(&self, rendered: &Files, shards: usize, questions: &Questions) {
        let root = TempDir::new().unwrap();
        let [config, home, memory] = ["config", "home", "memory"].map(|name| root.path().join(name));
        self.write(rendered, &config, &home);
        fs::create_dir(&memory).unwrap();
        let main = &self.servers.all[0];
        let ids: Vec<String> = (0..shards).map(|number| format!("s{number}")).collect();
        let mut command = Command::new("bash");
        command
            .arg(config.join("start.sh"))
            .env("SHARDINGSPHERE_HOME", &home)
            .env("SHARDINGSPHERE_RUN", &memory)
            .env("JARS", &self.jars)
            .env("PROGRAM", project("tests/sharding_engine/Engine.java"))
            .env("WORKER_ID", "7")
            .env("MAIN_HOST", &main.host)
            .env("MAIN_PASSWORD", &main.password)
            .env("MAIN_READ_HOST", &self.replica().host)
            .env("MAIN_PROXY_PASSWORD", "of \"clients\"")
            .env("MAIN_SHARDS", ids.join(" "));
        for (number, id) in ids.iter().enumerate() {
            let server = self.shard(number);
            let prefix = format!("MAIN_SHARD_{}", id.to_uppercase());
            command
                .env(format!("{prefix}_HOST"), &server.host)
                .env(format!("{prefix}_PASSWORD"), &server.password);
        }
        let input: String = questions
            .0
            .iter()
            .map(|(statement, _)| format!("{statement}\n"))
            .collect();
        let said = run(&mut command, input.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
        let said = String::from_utf8(said).unwrap();
        let answers: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("= ")).collect();
        assert_eq!(answers.len(), questions.0.len(), "{said}");
        let wrong = questions
            .0
            .iter()
            .zip(&answers)
            .filter(|((_, wanted), answer)| match wanted {
                Some(wanted) => wanted != *answer,
                None => !answer.starts_with("error "),
            });
        let wrong: Vec<String> = wrong
            .map(|((statement, wanted), answer)| format!("{statement}\n  wanted {wanted:?}\n  got    {answer}"))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// The proxy's folder, and a home of the proxy with this test's program in it.
    fn write(&self, rendered: &Files, config: &Path, home: &Path) {
        fs::create_dir_all(config.join("trust")).unwrap();
        fs::create_dir_all(home.join("bin")).unwrap();
        fs::create_dir_all(home.join("conf")).unwrap();
        for (name, text) in rendered {
            // The servers' port is not PostgreSQL's own, which may be taken on this machine.
            let here = text.replace(":5432/", &format!(":{}/", self.servers.port));
            let tells = name == "source.yaml" || name == "replica.yaml";
            assert_eq!(tells, here != *text, "{name}");
            fs::write(config.join(name), here).unwrap();
        }
        fs::copy(&self.servers.authority, config.join("trust/main.crt")).unwrap();
        fs::write(home.join("conf/logback.xml"), "<configuration/>").unwrap();
        let start = home.join("bin/start.sh");
        fs::write(&start, START).unwrap();
        let mut chmod = Command::new("chmod");
        run(chmod.arg("755").arg(start), b"").unwrap();
    }

    /// Every key's shard, as the servers themselves tell, where each order and each of its items are.
    fn placed(&self, key: &str, shards: usize, wanted: &BTreeMap<String, usize>) {
        for number in 0..shards {
            for table in ["orders", "order_items"] {
                let there = self
                    .shard(number)
                    .ask(&format!("SELECT DISTINCT {key} FROM {table} ORDER BY 1"));
                let mut there: Vec<&str> = there.lines().collect();
                there.sort_unstable();
                let here = wanted.iter().filter(|(_, shard)| **shard == number);
                let here: Vec<&str> = here.map(|(key, _)| key.as_str()).collect();
                assert_eq!(there, here, "{table} on shard {number}");
            }
        }
    }
}

fn strings<T: ToString>(keys: impl IntoIterator<Item = T>) -> Vec<String> {
    keys.into_iter().map(|key| key.to_string()).collect()
}

/// `psql "host=OLD ...` of the README.
fn copy_command(rendered: &Rendered) -> String {
    let readme = rendered.files.get("README.md").expect("a README");
    let mut lines = readme.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with("psql \"host=OLD"));
    line.expect("the README says how rows are copied").to_owned()
}

/// Numbers of both signs, and those at which the types of clients end.
fn numbers() -> Vec<String> {
    let edges = [
        i64::MIN + 1,
        -(1 << 40),
        -5,
        -1,
        0,
        (1 << 31) - 1,
        1 << 31,
        (1 << 53) + 1,
        i64::MAX,
    ];
    strings((1..40).chain(edges))
}

#[test]
fn rows_are_where_the_configuration_says() {
    let tools = [
        ("javac", "-version"),
        ("openssl", "version"),
        ("psql", "--version"),
        ("setpriv", "--version"),
    ];
    let postgres = binaries().join("postgres");
    let has_tools = tools.iter().all(|(program, argument)| is_there(program, &[argument]));
    if !has_tools || !is_there(&postgres.to_string_lossy(), &["--version"]) {
        return;
    }
    let Some(jars) = folder("CLOUDGEN_SHARDINGSPHERE", "the jars of tests/sharding_engine/pom.xml") else {
        return;
    };
    let engine = Engine {
        servers: Servers::start(5),
        jars,
    };
    ranges(&engine);
    directory(&engine);
    growing(&engine);
    replica(&engine);
}

/// Two shards by hash become four, as the README says.
fn growing(engine: &Engine) {
    engine.servers.clear();
    let before = shop(&format!("{TABLES}\nstrategy = \"hash\"\nshards = 4\nactive = 2"));
    let after = shop(&format!("{TABLES}\nstrategy = \"hash\"\nshards = 4"));
    let keys = numbers();
    let placed = |shards: usize| keys.iter().map(|key| (key.clone(), hash(key) % shards)).collect();
    let mut questions = Questions::default();
    schema(&mut questions, "customer_id", "bigint");
    fill(&mut questions, "customer_id", &keys, "");
    read(&mut questions, "customer_id", &keys, "");
    questions.tell("INSERT INTO orders (customer_id, amount) VALUES (7, -1)");
    questions.ask(
        "SELECT (order_id >> 12) & 1023 FROM orders WHERE customer_id = 7 AND amount = -1",
        7,
    );
    questions.tell("DELETE FROM orders WHERE customer_id = 7 AND amount = -1");
    questions.refuse("UPDATE orders SET customer_id = 3 WHERE customer_id = 7 OR customer_id = 1");
    engine.run(&files(&before), 2, &questions);
    engine.placed("customer_id", 2, &placed(2));
    let everywhere = engine.servers.all[..3]
        .iter()
        .map(|server| server.ask("SELECT count(*) FROM countries"));
    assert_eq!(everywhere.collect::<Vec<_>>(), ["2", "2", "2"]);

    let command = copy_command(&before);
    for position in [2, 3] {
        let (old, new) = (engine.shard(position - 2), engine.shard(position));
        let schema =
            format!("pg_dump --schema-only \"host=OLD dbname={DATABASE}\" | psql -qX \"host=NEW dbname={DATABASE}\"");
        engine.servers.follow(&schema, old, new);
        new.ask("INSERT INTO countries VALUES ('DE'), ('KR')");
        let condition = command
            .split("WHERE ")
            .nth(1)
            .and_then(|rest| rest.split(") TO STDOUT").next());
        let condition = condition.unwrap().replace("POSITION", &position.to_string());
        for table in ["orders", "order_items"] {
            let copy = command
                .replace("POSITION", &position.to_string())
                .replace("TABLE", table);
            engine.servers.follow(&copy, old, new);
            let count = format!("SELECT count(*) FROM {table} WHERE {condition}");
            assert_eq!(old.ask(&count), new.ask(&count), "{table} at {position}");
            old.ask(&format!("DELETE FROM {table} WHERE {condition}"));
        }
    }
    engine.placed("customer_id", 4, &placed(4));
    let mut questions = Questions::default();
    read(&mut questions, "customer_id", &keys, "");
    engine.run(&files(&after), 4, &questions);
    let owner = engine
        .shard(3)
        .ask("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'");
    assert_eq!(owner, USER);
}

fn ranges(engine: &Engine) {
    engine.servers.clear();
    let ranges = "[{ shard = \"s0\" }, { from = -100, shard = \"s2\" }, { from = 0, shard = \"s1\" }]";
    let rendered = shop(&format!(
        "{TABLES}\nstrategy = \"range\"\nshards = 3\nranges = {ranges}"
    ));
    let keys = strings([i64::MIN + 1, -101, -100, -99, -1, 0, 1, 99, i64::MAX]);
    let shard = |key: &String| match key.parse::<i64>().unwrap() {
        ..-100 => 0,
        -100..0 => 2,
        0.. => 1,
    };
    let mut questions = Questions::default();
    schema(&mut questions, "customer_id", "bigint");
    fill(&mut questions, "customer_id", &keys, "");
    read(&mut questions, "customer_id", &keys, "");
    questions.ask("SELECT count(*) FROM orders WHERE customer_id BETWEEN -100 AND 1", 10);
    questions.ask("SELECT count(*) FROM orders WHERE customer_id < 0", 10);
    engine.run(&files(&rendered), 3, &questions);
    engine.placed(
        "customer_id",
        3,
        &keys.iter().map(|key| (key.clone(), shard(key))).collect(),
    );
}

fn directory(engine: &Engine) {
    // ShardingSphere 5.5.2 looks up the key 1 when it starts.
    let map = "directory = { acme = \"s0\", \"a.b@c:/d-1\" = \"s1\", \"1\" = \"s1\" }";
    let with = |default: &str| {
        shop(&format!(
            "{TABLES}\nstrategy = \"directory\"\nshards = 2\n{map}\n{default}"
        ))
    };
    let open = strings(["acme", "a.b@c:/d-1", "Acme", "somebody"]);
    let known = strings(["acme", "a.b@c:/d-1"]);
    for (rendered, keys) in [(with("default = \"s0\""), open), (with(""), known)] {
        engine.servers.clear();
        let mut questions = Questions::default();
        schema(&mut questions, "customer_id", "text");
        fill(&mut questions, "customer_id", &keys, "'");
        read(&mut questions, "customer_id", &keys, "'");
        if keys.len() == 2 {
            questions.refuse("INSERT INTO orders (order_id, customer_id, amount) VALUES (99, 'somebody', 1)");
            questions.refuse("SELECT count(*) FROM orders WHERE customer_id = 'somebody'");
        }
        engine.run(&files(&rendered), 2, &questions);
        let shard = |key: &String| usize::from(key == "a.b@c:/d-1");
        engine.placed(
            "customer_id",
            2,
            &keys.iter().map(|key| (key.clone(), shard(key))).collect(),
        );
    }
}

/// Reads of the main server's own tables go to the replica, and everything else to the server.
fn replica(engine: &Engine) {
    engine.servers.clear();
    let (main, replica) = (&engine.servers.all[0], engine.replica());
    // A replica has the login of its primary, and here an old state of it.
    let password = main.password.replace('\'', "''");
    replica.ask(&format!(
        "CREATE TABLE customers (id bigint PRIMARY KEY, name text); INSERT INTO customers VALUES (1, 'old');
         CREATE TABLE countries (code text PRIMARY KEY);
         ALTER TABLE customers OWNER TO {USER}; ALTER TABLE countries OWNER TO {USER};
         SET standard_conforming_strings = on; ALTER ROLE {USER} PASSWORD '{password}'"
    ));
    let rendered = replicated(&format!("{TABLES}\nstrategy = \"hash\"\nshards = 2"));
    let mut questions = Questions::default();
    schema(&mut questions, "customer_id", "bigint");
    questions.tell("INSERT INTO customers VALUES (1, 'new'), (2, 'new')");
    questions.ask("SELECT name FROM customers", "old");
    questions.ask("SELECT name FROM customers WHERE id = ?\t1", "old");
    questions.ask("SELECT name FROM customers WHERE id = 1 FOR UPDATE", "new");
    questions.ask(
        "/* SHARDINGSPHERE_HINT: WRITE_ROUTE_ONLY=true */ SELECT count(*) FROM customers",
        2,
    );
    questions.tell("BEGIN");
    questions.ask("SELECT count(*) FROM customers", 2);
    questions.tell("INSERT INTO customers VALUES (3, 'new')");
    questions.ask("SELECT name FROM customers WHERE id = ?\t3", "new");
    questions.tell("COMMIT");
    questions.ask("SELECT count(*) FROM customers", 1);
    questions.tell("INSERT INTO countries VALUES ('DE')");
    for key in 0..20 {
        questions.tell(format!(
            "INSERT INTO orders (customer_id, amount) VALUES (?, ?)\t{key}\t1"
        ));
    }
    questions.ask("SELECT count(*) FROM orders", 20);
    questions.ask("SELECT count(*) FROM orders o JOIN countries c ON c.code = 'DE'", 20);
    engine.run(&files(&rendered), 2, &questions);
    assert_eq!(main.ask("SELECT count(*) FROM customers"), "3");
    assert_eq!(replica.ask("SELECT count(*) FROM customers"), "1");
    let countries = engine.servers.all[..3]
        .iter()
        .chain([replica])
        .map(|server| server.ask("SELECT count(*) FROM countries"));
    assert_eq!(countries.collect::<Vec<_>>(), ["1", "1", "1", "0"]);
}
