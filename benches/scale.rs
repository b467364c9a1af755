//! How the time of a render grows with the blueprint: it should grow as fast, and no faster. Criterion shows time per element.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;

use cloudgen::blueprint;
use cloudgen::target::Target;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A database with as many shards.
fn shards(count: usize, router: &str) -> String {
    format!(
        r#"
name    = "scale"
pattern = "sharding"
region  = "seoul"

[services.web]
image  = "registry.example.com/scale/web:1.0.0"
public = true
port   = 8080
writes = ["main"]

[databases.main]
engine = "postgres"

[databases.main.sharding]
key      = "customer_id"
shards   = {count}
strategy = "hash"
tables   = ["orders"]
router   = "{router}"
"#
    )
}

/// From an eighth of a thousand shards to a thousand, with both routers.
fn sharding(criterion: &mut Criterion) {
    for (target, router) in Target::ALL
        .iter()
        .flat_map(|&target| [(target, "application"), (target, "proxy")])
    {
        let mut group = criterion.benchmark_group(format!("shards on {target}, {router}"));
        group.sample_size(10);
        for count in [125, 250, 500, 1000] {
            // Google Cloud hands a proxy the certificates of fewer servers.
            if target == Target::Gcp && router == "proxy" && count > 160 {
                continue;
            }
            let text = shards(count, router);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::from_parameter(count), &text, |bencher, text| {
                bencher.iter(|| {
                    let blueprint = blueprint::load(black_box(text), None).unwrap();
                    let outcome = cloudgen::compile(&blueprint, target);
                    outcome.value.expect("it is rendered")
                });
            });
        }
        group.finish();
    }
}

/// As many domains of five services and a database each.
fn domains_of(count: usize) -> String {
    let mut text =
        "name = \"scale\"\npattern = \"per-domain\"\nregion = \"seoul\"\n[network]\ncidr = \"10.0.0.0/16\"\n"
            .to_owned();
    for domain in 0..count {
        for service in 0..5 {
            text.push_str(&format!(
                "[domains.d{domain}.services.s{service}]\nimage = \"nginx:1.29\"\nport = {}\npublic = true\nroutes = [\"/d{domain}/s{service}\"]\nwrites = [\"main\"]\n",
                8000 + service
            ));
        }
        text.push_str(&format!("[domains.d{domain}.databases.main]\nengine = \"postgres\"\n"));
    }
    text
}

/// From an eighth of two hundred domains to two hundred.
fn domains(criterion: &mut Criterion) {
    for target in Target::ALL {
        let mut group = criterion.benchmark_group(format!("domains on {target}"));
        group.sample_size(10);
        for count in [25, 50, 100, 200] {
            let text = domains_of(count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::from_parameter(count), &text, |bencher, text| {
                bencher.iter(|| {
                    let blueprint = blueprint::load(black_box(text), None).unwrap();
                    let outcome = cloudgen::compile(&blueprint, target);
                    outcome.value.expect("it is rendered")
                });
            });
        }
        group.finish();
    }
}

/// As many functions, with triggers of five kinds in turn.
fn functions_of(count: usize) -> String {
    let mut text = "name = \"scale\"\npattern = \"serverless\"\nregion = \"seoul\"\n[registry]\n[kubernetes]\nregistry = \"registry.example.com/scale\"\n[apis.public]\n".to_owned();
    for number in 0..count {
        let (trigger, more) = match number % 5 {
            0 => (
                format!("{{ http = \"GET /f{number}\", api = \"public\", open = true }}"),
                String::new(),
            ),
            1 => (format!("{{ queue = \"q{number}\" }}"), format!("[queues.q{number}]\n")),
            2 => (
                format!("{{ bucket = \"b{number}\" }}"),
                format!("[buckets.b{number}]\n"),
            ),
            3 => (
                format!("{{ table = \"t{number}\" }}"),
                format!("[tables.t{number}]\npartition_key = \"id\"\n"),
            ),
            _ => ("{ schedule = \"0 2 * * *\" }".to_owned(), String::new()),
        };
        text.push_str(&format!(
            "[functions.f{number}]\nimage = \"registry/work:1.0.0\"\ntrigger = {trigger}\n{more}"
        ));
    }
    text
}

/// From an eighth of a thousand functions to a thousand.
fn functions(criterion: &mut Criterion) {
    for target in Target::ALL {
        let mut group = criterion.benchmark_group(format!("functions on {target}"));
        group.sample_size(10);
        for count in [125, 250, 500, 1000] {
            let text = functions_of(count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::from_parameter(count), &text, |bencher, text| {
                bencher.iter(|| {
                    let blueprint = blueprint::load(black_box(text), None).unwrap();
                    let outcome = cloudgen::compile(&blueprint, target);
                    outcome.value.expect("it is rendered")
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, sharding, domains, functions);
criterion_main!(benches);
