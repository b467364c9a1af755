//! Functions of source: packed at plan time, built by Cloud Build, started by Cloud Run.
//!
//! `google_cloud_run_v2_service` has a `build_config` too, but nothing is built of it: only the API of Cloud Functions builds.

use hcl::Expression;

use super::containers::Parts;
use super::{IMAGES, Made, SOURCES, firewall, is_called_outside, of_source};
use crate::check::GCP_BUILD as BUILD;
use crate::ir::{Family, Source, System};
use crate::targets::gcp::{Stack, storage};
use crate::targets::shared::sources::{self, Sources};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

/// Images of each function that stay: the one that runs, and some to go back to.
const KEPT_IMAGES: u32 = 5;
/// How long a grant takes to be known everywhere, as a rule.
const PROPAGATION: &str = "60s";

/// The file that Python loads without being told.
const MAIN: &str = "main";
/// What tells Node.js which file to load.
const PACKAGE: &str = "package.json";

/// What is there for all functions of source.
pub(super) struct Place {
    bucket: Address,
    images: Address,
    account: Address,
    /// What a build waits for.
    pub ready: Vec<Expression>,
}

/// Adds where source and images go, and who builds.
pub(super) fn lower(stack: &mut Stack<'_>) -> Option<Place> {
    of_source(stack.system).next()?;
    stack.module.file("functions", "");
    let body = storage::private(stack, stack.unique_name(SOURCES))
        .block(
            "lifecycle_rule",
            Block::new()
                .block("action", Block::new().set("type", "AbortIncompleteMultipartUpload"))
                .block("condition", Block::new().set("age", 7)),
        )
        .set("depends_on", stack.encryption.ready());
    let bucket = stack
        .module
        .comment("Archives of source. Their names are their digests, so none is ever replaced.")
        .resource("google_storage_bucket", SOURCES, body);
    let images = images(stack);
    let account = account(stack);
    let ready = grants(stack, &bucket, &images, &account);
    Some(Place {
        bucket,
        images,
        account,
        ready,
    })
}

fn images(stack: &mut Stack<'_>) -> Address {
    let newest = Block::new()
        .set("id", "newest")
        .set("action", "KEEP")
        .block("most_recent_versions", Block::new().set("keep_count", KEPT_IMAGES));
    let others = Block::new()
        .set("id", "others")
        .set("action", "DELETE")
        .block("condition", Block::new().set("tag_state", "ANY"));
    let body = Block::new()
        .set("location", stack.region())
        .set("repository_id", stack.name(IMAGES))
        .set("description", "Images of functions, built of their source")
        .set("format", "DOCKER")
        .set("kms_key_name", stack.encryption.key.id())
        .block("cleanup_policies", newest)
        .block("cleanup_policies", others)
        .block(
            "vulnerability_scanning_config",
            Block::new().set("enablement_config", "INHERITED"),
        )
        .set("depends_on", stack.encryption.ready());
    stack
        .module
        .resource("google_artifact_registry_repository", IMAGES, body)
}

fn account(stack: &mut Stack<'_>) -> Address {
    stack.module.file("identity", "");
    let body = Block::new()
        .set("account_id", stack.name(BUILD))
        .set("display_name", format!("{} builds of functions", stack.system.prefix))
        .set("depends_on", stack.project.ready());
    stack
        .module
        .comment("Whom functions are built as. It is none of those that they run as.")
        .resource("google_service_account", BUILD, body)
}

/// What the build may do. Gives what builds wait for.
fn grants(stack: &mut Stack<'_>, bucket: &Address, images: &Address, account: &Address) -> Vec<Expression> {
    const VIEWER: &str = "roles/storage.objectViewer";
    let member = || account.attr("member");
    let logs = Block::new()
        .set("project", stack.project.id())
        .set("role", "roles/logging.logWriter")
        .set("member", member());
    let logs = stack
        .module
        .comment("Writing logs can be granted on the project only.")
        .resource("google_project_iam_member", &format!("{BUILD}_logs"), logs);
    let own = Block::new()
        .set("bucket", bucket.attr("name"))
        .set("role", VIEWER)
        .set("member", member());
    let own = stack.module.resource(
        "google_storage_bucket_iam_member",
        &format!("{BUILD}_reads_sources"),
        own,
    );
    let condition = Block::new().set("title", "sources of functions").set(
        "expression",
        template![
            "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-",
            stack.project.data.attr("number"),
            format!("-{}\")", stack.region()),
        ],
    );
    let copies = Block::new()
        .set("project", stack.project.id())
        .set("role", VIEWER)
        .set("member", member())
        .block("condition", condition);
    let copies = stack
        .module
        .comment("Cloud Functions builds from a copy, in a bucket that it makes itself with the first function of the region.")
        .resource("google_project_iam_member", &format!("{BUILD}_reads_copies"), copies);
    let writes = Block::new()
        .set("location", images.attr("location"))
        .set("repository", images.attr("repository_id"))
        .set("role", "roles/artifactregistry.writer")
        .set("member", member());
    let writes = stack.module.resource(
        "google_artifact_registry_repository_iam_member",
        &format!("{BUILD}_writes_images"),
        writes,
    );
    let wait = Block::new().set("create_duration", PROPAGATION).set(
        "depends_on",
        list![logs.whole(), own.whole(), copies.whole(), writes.whole()],
    );
    let wait = stack
        .module
        .comment("A grant takes about a minute to be known everywhere. A build that comes sooner fails.")
        .resource("time_sleep", BUILD, wait);
    vec![wait.whole()]
}

/// Adds one function.
pub(super) fn function(
    stack: &mut Stack<'_>,
    made: Made<'_>,
    source: &Source,
    (place, parts): (&Place, Parts),
) -> Address {
    let (service, function) = (made.service, made.function);
    let archive = sources::archive(&mut stack.module, service);
    let object = Block::new()
        .set(
            "name",
            template![format!("{}-", service.name), archive.attr("output_sha256"), ".zip"],
        )
        .set("bucket", place.bucket.attr("name"))
        .set("source", archive.attr("output_path"))
        .comment("The new source is there before the old one goes.")
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    let object = stack
        .module
        .resource("google_storage_bucket_object", &service.name, object);
    let stored = Block::new()
        .set("bucket", place.bucket.attr("name"))
        .set("object", object.attr("name"));
    let build = Block::new()
        .set("runtime", runtime(source))
        .set("entry_point", entry(source))
        .when(
            source.language.family == Family::Python && source.file != MAIN,
            |block| {
                let file = format!("{}.py", source.file);
                block.set("environment_variables", object! { "GOOGLE_FUNCTION_SOURCE" => file })
            },
        )
        .set("service_account", place.account.id())
        .set("docker_repository", place.images.id())
        .block("source", Block::new().block("storage_source", stored));
    let ingress = match is_called_outside(stack.system, made.id) {
        true => "ALLOW_ALL",
        false => "ALLOW_INTERNAL_ONLY",
    };
    let config = Block::new()
        .set("available_memory", format!("{}Mi", function.memory_mb))
        .set("available_cpu", made.processors().to_string())
        .set("timeout_seconds", function.timeout_seconds)
        .comment("One call at a time, as on every cloud: as many instances as calls.")
        .set("max_instance_request_concurrency", 1)
        .set("max_instance_count", function.concurrency)
        .set("min_instance_count", function.warm)
        .set("service_account_email", stack.accounts[&made.id].attr("email"))
        .comment("Who may call it is granted to each by itself.")
        .set("ingress_settings", ingress)
        .set("all_traffic_on_latest_revision", true);
    let config = parts.into_function(stack, config).when(function.private, |block| {
        let network = Block::new()
            .set("subnetwork", stack.network.of_service(service))
            .set("tags", firewall::tags(stack, service));
        block
            .comment("What goes out goes through the network: firewall rules, private names, address translation.")
            .set("direct_vpc_egress", "VPC_EGRESS_ALL_TRAFFIC")
            .block("direct_vpc_network_interface", network)
    });
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("location", stack.region())
        .set("kms_key_name", stack.encryption.key.id())
        .block("build_config", build)
        .block("service_config", config)
        .comment("It finds its names, its secrets and an open way when it starts.")
        .set("depends_on", Expression::Array(made.ready.clone()));
    let address = stack
        .module
        .resource("google_cloudfunctions2_function", &service.name, body);
    let what = format!("function of {}, {}", source.language.name(), made.sizes());
    stack.report.component(&service.path, what, address.text());
    made.output(stack, address.attr("service_config.0.uri"));
    address
}

/// What Google calls a language: `python313`.
fn runtime(source: &Source) -> String {
    source.language.name().replace('.', "")
}

/// What is called in the source: of Java and .NET the class with its package, whose method follows from what it is.
fn entry(source: &Source) -> String {
    match source.language.family {
        Family::Python | Family::Node => source.entry.clone(),
        Family::Java | Family::Dotnet => {
            let handler = format!("{}.{}", source.file, source.entry);
            handler
                .rsplit_once('.')
                .map_or(handler.clone(), |(class, _)| class.to_owned())
        }
    }
}

/// The files that Google Cloud needs beside the author's: Node.js has to be told which file to load.
pub(in crate::targets::gcp) fn added(system: &System) -> Sources {
    let functions = of_source(system).filter_map(|(_, service, function)| {
        let source = function.source.as_ref()?;
        let ending = ["js", "mjs", "cjs"]
            .into_iter()
            .find(|ending| source.files.contains_key(&format!("{}.{ending}", source.file)))?;
        let told = source.language.family != Family::Node || source.files.contains_key(PACKAGE);
        let text = format!(
            "{{\n  \"private\": true,\n  \"main\": \"{}.{ending}\"\n}}\n",
            source.file
        );
        (!told).then(|| (service.name.clone(), [(PACKAGE.to_owned(), text)].into()))
    });
    functions.collect()
}
