//! The servers, one for each provider, on sockets in a folder of their own.

mod offer;
mod schemas;
mod service;

use super::archive::Provider;
use super::error::Error;
use super::needs::Needs;
use super::protocol::provider_server::ProviderServer;
use offer::{Offer, Words};
use serde_json::{Map, json};
use service::Service;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process;
use std::thread::{self, JoinHandle};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The providers of one configuration, served until this is dropped.
#[derive(Debug)]
pub struct Server {
    reattach: String,
    /// Dropping it stops the servers.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Holds the sockets.
    _folder: TempDir,
}

impl Server {
    /// Starts to serve the providers that a configuration needs, and of those the types that it uses.
    pub fn start(needs: &Needs) -> Result<Server, Error> {
        let folder = private_folder()?;
        let mut reattach = Map::new();
        let mut listening = vec![];
        let words = Words::read(&needs.modules);
        for (address, provider) in bundled(needs)? {
            let socket = folder.path().join(format!("{}.sock", provider.name()));
            let listener = UnixListener::bind(&socket)?;
            listener.set_nonblocking(true)?;
            reattach.insert(address, describe(&socket));
            listening.push((listener, Offer::new(provider, needs, &words)));
        }
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || run(&runtime, listening, stopped);
        let thread = thread::Builder::new().name("offline providers".into()).spawn(serve)?;
        Ok(Server {
            reattach: serde_json::Value::Object(reattach).to_string(),
            stop: Some(stop),
            thread: Some(thread),
            _folder: folder,
        })
    }

    /// The value of `TF_REATTACH_PROVIDERS`.
    pub fn reattach(&self) -> &str {
        &self.reattach
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only ends by itself; what it has to say of a panic, it has said.
            let _ = thread.join();
        }
    }
}

/// The providers to serve, by their addresses.
fn bundled(needs: &Needs) -> Result<Vec<(String, Provider)>, Error> {
    let mut found = vec![];
    let mut unknown = vec![];
    for (address, place) in &needs.providers {
        match address
            .rsplit_once("/hashicorp/")
            .and_then(|(_, name)| Provider::named(name))
        {
            Some(provider) => found.push((address.clone(), provider)),
            None => unknown.push((address.clone(), place.clone())),
        }
    }
    match unknown.is_empty() {
        true => Ok(found),
        false => Err(Error::NotBundled { providers: unknown }),
    }
}

/// What terraform has to know of a server.
fn describe(socket: &Path) -> serde_json::Value {
    json!({
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": process::id(),
        "Test": true,
        "Addr": { "Network": "unix", "String": socket },
    })
}

/// A folder that only its owner can enter.
fn private_folder() -> io::Result<TempDir> {
    // The path of a socket must fit into 104 bytes on some systems.
    const LONGEST: usize = 80;
    let mut named = tempfile::Builder::new();
    named.prefix("cloudgen-");
    let folder = named.tempdir()?;
    match folder.path().as_os_str().len() > LONGEST {
        true => named.tempdir_in(PathBuf::from("/tmp")),
        false => Ok(folder),
    }
}

/// Serves until told to stop.
fn run(runtime: &Runtime, listening: Vec<(UnixListener, Offer)>, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        let mut servers = JoinSet::new();
        for (listener, offer) in listening {
            servers.spawn(accept(listener, offer));
        }
        // An error says that the sender is gone, which is how it is told.
        let _ = stopped.await;
        servers.shutdown().await;
    });
}

/// Takes connections: terraform opens one for each configuration of a provider, so that each is a provider of its own.
async fn accept(listener: UnixListener, offer: Offer) -> io::Result<()> {
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let service = ProviderServer::new(Service::new(offer.clone()))
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        let stream = tokio_stream::once(Ok::<_, io::Error>(stream));
        connections.spawn(tonic::transport::Server::builder().serve_with_incoming(service, stream));
    }
}
