//! The configuration of Apache ShardingSphere-Proxy 5.5.3.
//!
//! It stands beside a script that fills in hosts and passwords when the proxy starts, because ShardingSphere has no variables in its
//! YAML. Strategies are inline expressions (Groovy): ShardingSphere's own algorithms rename the tables on every shard, and its hash
//! depends on the type with which a client sends the key.

use tera::Context;

use crate::ir::{Database, Id, Shard, Sharding, Strategy, System};
use crate::targets::shared::template;
use crate::vocabulary::Engine;

const GLOBAL: &str = include_str!("../../../../templates/sharding/global.yaml.tera");
const DATABASE: &str = include_str!("../../../../templates/sharding/database.yaml.tera");
const SOURCE: &str = include_str!("../../../../templates/sharding/source.yaml.tera");
const START: &str = include_str!("../../../../templates/sharding/start.sh.tera");

/// Where the files stand in the proxy's container; beside them, in `trust/`, the authorities' certificates.
pub const FOLDER: &str = "/etc/shardingsphere";
/// Where the script writes what the proxy reads: memory, not a disk.
pub const RUN: &str = "/run/shardingsphere";
/// Seconds that a server's answer is waited for. Servers that are gone are noticed by the keep-alive of TCP before that.
pub(super) const ANSWER_SECONDS: u32 = 1800;
/// Of `docker run`: nothing in the container gets more rights than it began with.
pub const NO_NEW_PRIVILEGES: &str = "--security-opt no-new-privileges";
/// Where the image has the proxy.
pub const HOME: &str = "/opt/shardingsphere-proxy";
/// Names that mean something else in an inline expression, which is a closure of Groovy: under `owner` every row would be on one shard.
const GROOVY: &str = "abstract as assert boolean break byte case catch char class const continue def default do double else enum \
                      extends false final finally float for goto if implements import in instanceof int interface it long native new \
                      null owner package private protected public return short static strictfp super switch synchronized this \
                      threadsafe throw throws trait transient true try var void volatile while";
/// Milliseconds that a connection lives, to a server and to a replica: those to replicas follow the one name that all of them have.
const LIVES: (u32, u32) = (1_800_000, 300_000);
/// Connections that one proxy opens to one server at most. Four proxies stay below the hundred that the smallest servers accept.
pub const POOL: u32 = 20;

/// One file of a proxy's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in [`FOLDER`].
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// How the proxy knows that a server is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Its certificate is signed by an authority in `trust/` and has the server's host name.
    Name,
    /// Its certificate is signed by an authority in `trust/`.
    Authority,
    /// It does not: the connection is encrypted and no more.
    Encrypted,
}

/// How the proxy reaches the servers behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Servers {
    /// How it knows the main server and the shards.
    pub trust: Trust,
    /// How it knows the main server's replicas: behind the one name of all there is a server with a name of its own.
    pub replicas: Trust,
    /// The port of the replicas.
    pub replica_port: u16,
}

impl Servers {
    /// All of them the same way.
    pub fn alike(database: &Database, trust: Trust) -> Servers {
        Servers {
            trust,
            replicas: trust,
            replica_port: database.port,
        }
    }
}

/// The command of the proxy's container. The image's own would take no arguments.
pub fn start_command() -> [String; 2] {
    ["/bin/bash".to_owned(), format!("{FOLDER}/start.sh")]
}

/// The image and what stands around it in `docker run`: its user and its file system may do nothing but run the proxy. `folder` is
/// where the machine has the files.
pub fn docker_command(image: &str, folder: &str) -> Vec<String> {
    let [shell, script] = start_command();
    [
        "--user 10001:10001 --cap-drop ALL --read-only --tmpfs /tmp:exec".to_owned(),
        format!("--tmpfs {RUN}:uid=10001,gid=10001,mode=0700 --tmpfs {HOME}/logs:uid=10001,gid=10001"),
        format!("--volume {folder}:{FOLDER}:ro --entrypoint {shell} {image} {script}"),
    ]
    .into()
}

/// The files of the proxy in front of a database's shards.
pub fn files(system: &System, id: Id<Database>, sharding: &Sharding, servers: Servers) -> Vec<File> {
    let database = &system.databases[id];
    let port = sharding.proxy().map_or(0, |proxy| system.services[proxy].port);
    let mut context = Context::new();
    context.insert("database", &database.database);
    context.insert("user", &database.user);
    context.insert("port", &port);
    context.insert("mysql", &(database.engine == Engine::Mysql));
    context.insert("trust", &(servers.trust != Trust::Encrypted));
    context.insert("main", &variable(&database.name));
    context.insert("reader", &variable(&database.reader_name()));
    context.insert("replicas", &database.readers.is_some());
    context.insert("shard", &variable(&database.shard_name()));
    context.insert("proxy", &variable(&database.proxy_name()));
    let (protocol, fetch_size, single) = match database.engine {
        // Row by row.
        Engine::Mysql => ("MySQL", -1, "main.*"),
        _ => ("PostgreSQL", 1000, "main.*.*"),
    };
    context.insert("protocol", protocol);
    context.insert("fetch_size", &fetch_size);
    context.insert("single", &quoted(single));
    context.insert("pool", &POOL);
    context.insert("key", &sharding.key);
    context.insert("expression", &quoted(&expression(sharding)));
    context.insert("generates", &!sharding.generated_ids.is_empty());
    context.insert("reference_tables", &sharding.reference_tables);
    let tables = sharding.tables.iter().map(|table| {
        serde_json::json!({
            "name": table,
            "nodes": quoted(&format!("{}.{table}", nodes(sharding))),
            "generated": sharding.generated_ids.get(table),
        })
    });
    context.insert("tables", &tables.collect::<Vec<_>>());
    let mut files = vec![];
    let mut write = |name, text, context: &Context| {
        let text = template::fill(text, context);
        files.push(File { name, text });
    };
    write("database.yaml", DATABASE, &context);
    write("global.yaml", GLOBAL, &context);
    let mut sources = vec![("source.yaml", servers.trust, database.port, LIVES.0)];
    sources.extend(
        database
            .readers
            .map(|_| ("replica.yaml", servers.replicas, servers.replica_port, LIVES.1)),
    );
    for (name, trust, port, life) in sources {
        let url = url(database, trust, port);
        context.insert("url", &quoted(&url));
        context.insert("life", &life);
        write(name, SOURCE, &context);
    }
    write("start.sh", START, &context);
    files
}

/// `main-shard` to `MAIN_SHARD`.
fn variable(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// A string of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn url(database: &Database, trust: Trust, port: u16) -> String {
    let name = &database.database;
    if database.engine == Engine::Mysql {
        let store = "&trustCertificateKeyStoreUrl=file:<RUN>/trust.p12&trustCertificateKeyStoreType=PKCS12\
                     &trustCertificateKeyStorePassword=changeit";
        let (mode, store) = match trust {
            Trust::Name => ("VERIFY_IDENTITY", store),
            Trust::Authority => ("VERIFY_CA", store),
            Trust::Encrypted => ("REQUIRED", ""),
        };
        return format!(
            "jdbc:mysql://<HOST>:{port}/{name}?sslMode={mode}{store}&tlsVersions=TLSv1.2,TLSv1.3&connectTimeout=10000\
             &socketTimeout={}&tcpKeepAlive=true&useServerPrepStmts=true&rewriteBatchedStatements=true\
             &characterEncoding=UTF-8&connectionTimeZone=UTC",
            ANSWER_SECONDS * 1000
        );
    }
    let (mode, root) = match trust {
        Trust::Name => ("verify-full", "&sslrootcert=<RUN>/trust.pem"),
        Trust::Authority => ("verify-ca", "&sslrootcert=<RUN>/trust.pem"),
        Trust::Encrypted => ("require", ""),
    };
    format!(
        "jdbc:postgresql://<HOST>:{port}/{name}?sslmode={mode}{root}&connectTimeout=10&socketTimeout={ANSWER_SECONDS}&tcpKeepAlive=true\
         &ApplicationName=shardingsphere"
    )
}

/// The data source of a shard.
fn source(shard: &Shard) -> String {
    format!("shard_{}", shard.id)
}

/// True if the active shards are `s0`, `s1`, ... in this order.
fn counted(sharding: &Sharding) -> bool {
    let mut active = sharding.active().enumerate();
    active.all(|(number, shard)| shard.id == format!("s{number}"))
}

/// The data sources of the active shards, as an inline expression.
fn nodes(sharding: &Sharding) -> String {
    match sharding.active().count() {
        count if counted(sharding) && count > 1 => format!("shard_s${{0..{}}}", count - 1),
        _ => format!("${{{}}}", list(sharding)),
    }
}

/// A Groovy list of the active shards.
fn list(sharding: &Sharding) -> String {
    let names: Vec<String> = sharding.active().map(|shard| format!("'{}'", source(shard))).collect();
    format!("[{}]", names.join(", "))
}

/// The data source of a key, as an inline expression. Only names of the blueprint's own, narrow charset go in.
fn expression(sharding: &Sharding) -> String {
    let key = match sharding.key.as_str() {
        word if GROOVY.split(' ').any(|taken| taken == word) => format!("delegate['{word}']"),
        word => word.to_owned(),
    };
    let name = |position: &usize| source(&sharding.shards[*position]);
    match &sharding.strategy {
        Strategy::Hash => {
            let slot = format!(
                "Integer.parseInt({key}.toString().toLowerCase(java.util.Locale.ROOT).sha256().substring(0, 7), 16) % {}",
                sharding.active().count()
            );
            match counted(sharding) {
                true => format!("shard_s${{{slot}}}"),
                false => format!("${{{}[{slot}]}}", list(sharding)),
            }
        }
        Strategy::Range(ranges) => {
            let entries: Vec<String> = ranges
                .iter()
                .map(|(from, shard)| {
                    let from = from.map_or("(Long.MIN_VALUE)".to_owned(), |from| format!("({from}L)"));
                    format!("{from}: '{}'", name(shard))
                })
                .collect();
            format!(
                "${{new TreeMap([{}]).floorEntry(Long.parseLong({key}.toString())).value}}",
                entries.join(", ")
            )
        }
        Strategy::Directory { shards, default } => {
            let entries: Vec<String> = shards
                .iter()
                .map(|(value, shard)| format!("'{value}': '{}'", name(shard)))
                .collect();
            let default = default
                .as_ref()
                .map_or(String::new(), |shard| format!(" ?: '{}'", name(shard)));
            format!("${{[{}][{key}.toString()]{default}}}", entries.join(", "))
        }
    }
}
