//! PostgreSQL servers on loopback: every one has an address of its own, all have the same port, and none is reached without TLS.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::support::entries;
use crate::support::tools::run;

/// What every server's user and database are called in what is rendered.
pub const USER: &str = "app_owner";
pub const DATABASE: &str = "main";

/// Characters that a shell, YAML or a Groovy expression could take for their own.
const PASSWORD: &str = r#"p& "s'w\o$`{x}#:!%<RUN> <SOURCES>&\\"#;

pub struct Server {
    pub host: String,
    pub password: String,
    /// Folder of its socket.
    pub folder: PathBuf,
    port: u16,
    process: Child,
}

pub struct Servers {
    pub all: Vec<Server>,
    pub port: u16,
    /// The certificate of the authority that signed all of theirs.
    pub authority: PathBuf,
    binaries: PathBuf,
    // Last: it is removed when they have ended.
    _folder: TempDir,
}

/// Where `postgres` and `initdb` are, which Debian keeps off the path.
pub fn binaries() -> PathBuf {
    let versions = entries(Path::new("/usr/lib/postgresql"));
    let found = versions.into_iter().rev().map(|version| version.join("bin"));
    found
        .into_iter()
        .find(|folder| folder.join("postgres").exists())
        .unwrap_or_default()
}

/// PostgreSQL does not run as root.
fn unprivileged(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
        .arg(program);
    command
}

fn shell(folder: &Path, script: &str) {
    let mut command = Command::new("bash");
    command.args(["-euc", script]).current_dir(folder);
    run(&mut command, b"").unwrap_or_else(|problem| panic!("{problem}"));
}

impl Servers {
    pub fn start(count: usize) -> Servers {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        let binaries = binaries();
        let names = (0..count).map(|number| format!("IP:{}", host(number)));
        let names = names.collect::<Vec<_>>().join(",");
        shell(
            root,
            &format!(
                "chmod 755 .
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.crt
                openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr
                openssl x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 \\
                  -extfile <(echo 'subjectAltName={names}') -out server.crt
                mkdir -m 700 template
                [ \"$(id -u)\" != 0 ] || chown postgres:postgres template"
            ),
        );
        let mut initdb = unprivileged(&binaries.join("initdb"));
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "--locale=C",
            "-E",
            "UTF8",
            "--no-sync",
            "-D",
        ]);
        initdb.arg(root.join("template")).current_dir(root);
        run(&mut initdb, b"").unwrap_or_else(|problem| panic!("{problem}"));
        let port = std::net::TcpListener::bind((host(0), 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let all = (0..count)
            .map(|number| Server::start(root, &binaries, number, port))
            .collect();
        let servers = Servers {
            all,
            port,
            authority: root.join("authority.crt"),
            binaries,
            _folder: folder,
        };
        for server in &servers.all {
            server.wait();
        }
        servers
    }

    /// Empties every server.
    pub fn clear(&self) {
        for server in &self.all {
            let name = DATABASE;
            server.admin(
                "postgres",
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);\nCREATE DATABASE {name} OWNER {USER};"),
            );
        }
    }

    /// A command of the runbook, with these servers for OLD and NEW.
    pub fn follow(&self, command: &str, old: &Server, new: &Server) {
        let reached = |server: &Server| format!("host={} port={} user=postgres", server.folder.display(), server.port);
        let command = command
            .replace("host=OLD", &reached(old))
            .replace("host=NEW", &reached(new));
        let path = format!(
            "{}:{}",
            self.binaries.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &command]).env("PATH", path);
        run(&mut bash, b"").unwrap_or_else(|problem| panic!("{command}\n{problem}"));
    }
}

fn host(number: usize) -> String {
    format!("127.0.0.{}", number + 2)
}

impl Server {
    fn start(root: &Path, binaries: &Path, number: usize, port: u16) -> Server {
        let folder = root.join(format!("server{number}"));
        shell(
            root,
            &format!(
                "cp -a template server{number}
                cp server.crt server.key server{number}/
                printf 'local all postgres trust\\nhostssl all all 127.0.0.0/8 scram-sha-256\\n' >server{number}/pg_hba.conf
                chmod 600 server{number}/server.key
                [ \"$(id -u)\" != 0 ] || chown -R postgres:postgres server{number}"
            ),
        );
        let mut command = unprivileged(&binaries.join("postgres"));
        let settings = [
            format!("listen_addresses={}", host(number)),
            format!("port={port}"),
            format!("unix_socket_directories={}", folder.display()),
            "shared_buffers=16MB".to_owned(),
            "max_connections=60".to_owned(),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            "password_encryption=scram-sha-256".to_owned(),
        ];
        command.arg("-D").arg(&folder);
        for setting in settings {
            command.args(["-c", &setting]);
        }
        let log = std::fs::File::create(root.join(format!("server{number}.log"))).unwrap();
        let process = command
            .stdout(Stdio::null())
            .stderr(log)
            .current_dir(root)
            .spawn()
            .unwrap();
        Server {
            host: host(number),
            password: format!("{PASSWORD}{number}"),
            folder,
            port,
            process,
        }
    }

    fn wait(&self) {
        for _ in 0..300 {
            if self.try_admin("postgres", "SELECT 1").is_ok() {
                let password = self.password.replace('\'', "''");
                self.admin(
                    "postgres",
                    &format!("SET standard_conforming_strings = on;\nCREATE ROLE {USER} LOGIN PASSWORD '{password}';"),
                );
                return;
            }
            sleep(Duration::from_millis(200));
        }
        let log = std::fs::read_to_string(self.folder.with_extension("log"));
        panic!("PostgreSQL does not start: {log:?}");
    }

    /// What a query returns without ShardingSphere: columns with `|` between, one row a line.
    pub fn ask(&self, sql: &str) -> String {
        self.admin(DATABASE, sql)
    }

    fn admin(&self, database: &str, sql: &str) -> String {
        self.try_admin(database, sql)
            .unwrap_or_else(|problem| panic!("{sql}\n{problem}"))
    }

    fn try_admin(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new("psql");
        psql.args([
            "-qXAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            database,
            "-p",
            &self.port.to_string(),
        ]);
        psql.arg("-h").arg(&self.folder).env_remove("PGPASSWORD");
        let said = run(&mut psql, sql.as_bytes())?;
        Ok(String::from_utf8(said).unwrap().trim_end().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its fast way to end.
        let pid = Pid::from_child(&self.process);
        let _ = kill_process(pid, Signal::INT);
        let _ = self.process.wait();
    }
}
