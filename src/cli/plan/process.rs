//! Running a child process so that no signal leaves it, or what was made for it, behind.

use std::io::Read;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{self, Pid, Signal, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::super::Failure;

/// How long a child may take to end after the first signal. Terraform stops within moments, unless it is stuck.
const GRACE: Duration = Duration::from_secs(5);

/// Signals that end a program, caught for as long as this value lives.
///
/// A signal is passed on to the child that runs; when that has ended, [`Interrupts::run`] gives an error like any other, and everything
/// is cleaned up on the way out.
#[derive(Debug)]
pub(super) struct Interrupts {
    shared: Arc<Shared>,
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    is_caught: AtomicBool,
    child: Mutex<Option<Running>>,
}

/// A child that has not been waited for, so that its number belongs to no other process.
#[derive(Debug, Clone, Copy)]
struct Running {
    pid: Pid,
    /// It leads a process group of its own; otherwise the terminal sends it what it sends to this process.
    is_leader: bool,
}

/// Who reads the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// Nobody: the child has a process group of its own, and signals reach it through this process only.
    Unused,
    /// The child: a console, a question.
    Shared,
}

/// How a child ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// The exit code; none where a signal ended it.
    pub(super) code: Option<i32>,
    /// What it wrote to standard output, where that was piped.
    pub(super) stdout: String,
}

impl Interrupts {
    /// Catches signals from now on.
    pub(super) fn catch() -> Result<Self, Failure> {
        let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]);
        let mut signals = signals.map_err(|error| Failure::io("cannot catch signals", &error))?;
        let shared = Arc::new(Shared::default());
        let handle = signals.handle();
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for signal in signals.forever() {
                    shared.pass_on(signal);
                }
            }
        });
        Ok(Self {
            shared,
            handle,
            thread: Some(thread),
        })
    }

    /// An error once a signal was caught.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.shared.is_caught.load(Ordering::SeqCst) {
            return Err(Failure::Error("interrupted".to_owned()));
        }
        Ok(())
    }

    /// Runs a child to its end.
    ///
    /// # Errors
    /// It could not be started, or a signal ended it or came while it ran.
    pub(super) fn run(&self, command: &mut Command, terminal: Terminal) -> Result<Finished, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let cannot = |error| Failure::io(format_args!("cannot run `{program}`"), &error);
        self.check()?;
        let is_leader = terminal == Terminal::Unused;
        if is_leader {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let mut child = command.spawn().map_err(cannot)?;
        let running = Running {
            pid: Pid::from_child(&child),
            is_leader,
        };
        *self.shared.child() = Some(running);
        if self.shared.is_caught.load(Ordering::SeqCst) {
            // It came before there was a child to pass it on to.
            running.send(Signal::TERM);
        }
        let stdout = read_all(&mut child);
        // Waits without reaping: as long as the number is taken, a late signal cannot reach another process.
        let _ = process::waitid(WaitId::Pid(running.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        *self.shared.child() = None;
        let status = child.wait().map_err(cannot)?;
        self.check()?;
        Ok(Finished {
            code: status.code(),
            stdout: stdout.map_err(cannot)?,
        })
    }
}

/// All of a child's standard output, if it is piped.
fn read_all(child: &mut Child) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Shared {
    fn child(&self) -> MutexGuard<'_, Option<Running>> {
        // What it guards is a plain value: a panic elsewhere cannot leave it half written.
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>, signal: i32) {
        let is_first = !self.is_caught.swap(true, Ordering::SeqCst);
        let child = self.child();
        let Some(running) = *child else { return };
        match signal {
            SIGTERM => running.send(Signal::TERM),
            // The terminal has sent it to the whole group already.
            SIGINT if !running.is_leader => {}
            _ => running.send(Signal::INT),
        }
        drop(child);
        if is_first && running.is_leader {
            let shared = Arc::clone(self);
            thread::spawn(move || {
                thread::sleep(GRACE);
                if let Some(running) = *shared.child() {
                    running.send(Signal::KILL);
                }
            });
        }
    }
}

impl Running {
    fn send(self, signal: Signal) {
        // It fails where the child has just ended, which is what was wanted.
        let _ = if self.is_leader {
            process::kill_process_group(self.pid, signal)
        } else {
            process::kill_process(self.pid, signal)
        };
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
