//! How long a render takes: the compiler alone, and the program as a user runs it, to standard output and into a folder. The folder is
//! measured beside `cp -r` of the same tree, the yardstick for it: at most three times as long.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cloudgen::blueprint;
use cloudgen::target::Target;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tempfile::TempDir;

fn monolith() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("blueprints/monolith.toml")
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
}

fn cloudgen(target: Target) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudgen"));
    command.arg("render").arg(monolith()).args(["--target", target.name()]);
    command
}

/// In memory, without starting a process.
fn compile(criterion: &mut Criterion) {
    let text = fs::read_to_string(monolith()).unwrap();
    let mut group = criterion.benchmark_group("compile");
    for target in Target::ALL {
        group.bench_function(target.name(), |bencher| {
            bencher.iter(|| {
                let blueprint = blueprint::load(black_box(&text), None).unwrap();
                cloudgen::compile(&blueprint, target)
            });
        });
    }
    group.finish();
}

/// The whole program, to standard output.
fn stdout(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stdout");
    for target in Target::ALL {
        group.bench_function(target.name(), |bencher| bencher.iter(|| run(&mut cloudgen(target))));
    }
    group.finish();
}

/// The whole program into a folder that is not there yet, and `cp -r` of what it writes.
fn folder(criterion: &mut Criterion) {
    let temp = TempDir::new().unwrap();
    let from = temp.path().join("from");
    let to = temp.path().join("to");
    run(cloudgen(Target::Azure).arg("--out").arg(&from));
    let clear = || {
        if to.exists() {
            fs::remove_dir_all(&to).unwrap();
        }
    };
    let mut group = criterion.benchmark_group("folder");
    group.bench_function("render", |bencher| {
        let render = |()| run(cloudgen(Target::Azure).arg("--out").arg(&to));
        bencher.iter_batched(clear, render, BatchSize::PerIteration);
    });
    group.bench_function("cp -r", |bencher| {
        let copy = |()| run(Command::new("cp").arg("-r").arg(&from).arg(&to));
        bencher.iter_batched(clear, copy, BatchSize::PerIteration);
    });
    group.bench_function("render again", |bencher| {
        clear();
        run(cloudgen(Target::Azure).arg("--out").arg(&to));
        bencher.iter(|| run(cloudgen(Target::Azure).arg("--out").arg(&to)));
    });
    group.bench_function("render another environment over it", |bencher| {
        let base = || run(cloudgen(Target::Azure).arg("--out").arg(&to));
        let dev = |()| run(cloudgen(Target::Azure).args(["--env", "dev"]).arg("--out").arg(&to));
        bencher.iter_batched(base, dev, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, compile, stdout, folder);
criterion_main!(benches);
