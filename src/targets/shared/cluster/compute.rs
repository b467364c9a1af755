//! Deployments of the services, and what is copied into them of what Terraform writes.

use k8s_openapi::api::core::v1::{
    ConfigMapEnvSource, Container, EnvFromSource, KeyToPath, PodSpec, PodTemplateSpec, SecretEnvSource, Toleration,
    Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::settings::{self, IMAGE, SECRET, SETTINGS};
use super::{POOL, Part, Stack, Workload, Written, secrets};
use crate::ir::{Id, Image, Launch, Service};
use crate::kubernetes::custom::keda::ScaledObject;
use crate::kubernetes::kustomization::Copy;
use crate::kubernetes::object::{Kind, Object};
use crate::kubernetes::pod;
use crate::targets::shared::workload::{self, DEPLOYMENT_REVISION};

const DEPLOYMENT: &str = "Deployment";
/// Which source of its variables is the Secret that a container waits for.
const REQUIRED: &str = "spec/template/spec/containers/0/envFrom/1/secretRef/name";

pub(super) fn objects(stack: &Stack<'_>, part: Part) -> Vec<Object> {
    let services = stack.services(part).filter_map(|(id, service)| {
        let workload = stack.cloud.workloads.get(&id)?;
        let mut objects = vec![deployment(stack, id, service, workload)];
        if service.listens() {
            objects.push(workload::address(stack.names, service));
        }
        objects.push(scaler(stack, service, workload));
        objects.push(workload::disruption(stack.names, service));
        Some(objects)
    });
    services.flatten().collect()
}

fn deployment(stack: &Stack<'_>, id: Id<Service>, service: &Service, told: &Workload) -> Object {
    let template = template(stack, id, service, told);
    let object = Object::new(&workload::deployment(stack.names, service, template));
    let object = workload::explained(object, service, service.health.grace_seconds).comment(
        REQUIRED,
        "has a new name with every new value: pods wait for it, which the kustomization tells them",
    );
    match service.launch.image() {
        Some(Image::Own { .. }) => object.comment(
            "spec/template/spec/containers/0/image",
            "the kustomization puts in where the registry is",
        ),
        _ => object,
    }
}

fn template(stack: &Stack<'_>, id: Id<Service>, service: &Service, told: &Workload) -> PodTemplateSpec {
    let mut labels = stack.names.labels(&service.name, "service");
    let more = told.pod_labels.iter();
    labels.extend(more.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let (image, arguments) = match &service.launch {
        Launch::Container { image, arguments } => (image, arguments.as_slice()),
        Launch::ShardingProxy { .. } | Launch::Script(_) | Launch::Source => unreachable!("these run elsewhere"),
    };
    let image = stack.system.image_at("registry", image);
    let (mounts, volumes) = volumes(service, told);
    let container = Container {
        env_from: Some(sources(service, told)),
        volume_mounts: Some(mounts),
        ..workload::container(service, &image, arguments, service.health.grace_seconds)
    };
    let pool = stack.system.pool_of(id);
    let toleration = pool.filter(|pool| pool.domain.is_some()).map(|pool| Toleration {
        key: Some(POOL.to_owned()),
        operator: Some("Equal".to_owned()),
        value: Some(pool.name.clone()),
        effect: Some("NoSchedule".to_owned()),
        ..Default::default()
    });
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            ..Default::default()
        }),
        spec: Some(PodSpec {
            node_selector: pool.map(|pool| [(POOL.to_owned(), pool.name.clone())].into()),
            tolerations: toleration.map(|toleration| vec![toleration]),
            termination_grace_period_seconds: Some(workload::end_seconds(stack.system, id).into()),
            topology_spread_constraints: Some(workload::spread(&stack.names.pods(&service.name), DEPLOYMENT_REVISION)),
            ..pod::spec(&service.name, vec![container], volumes)
        }),
    }
}

/// Where the variables of a service come from: the Secret that it waits for stands second.
fn sources(service: &Service, told: &Workload) -> Vec<EnvFromSource> {
    let settings = EnvFromSource {
        config_map_ref: Some(ConfigMapEnvSource {
            name: service.name.clone(),
            optional: None,
        }),
        ..Default::default()
    };
    let secret = |name: String, optional: bool| EnvFromSource {
        secret_ref: Some(SecretEnvSource {
            name,
            optional: optional.then_some(true),
        }),
        ..Default::default()
    };
    let required = secrets::has_required(told).then(|| secret(service.name.clone(), false));
    let optional = secrets::optional(told).map(|entry| secret(secrets::optional_name(service, entry), true));
    std::iter::once(settings).chain(required).chain(optional).collect()
}

fn volumes(service: &Service, told: &Workload) -> (Vec<VolumeMount>, Vec<Volume>) {
    let mut mounts = vec![pod::mount("tmp", "/tmp", false), pod::mount("run", "/run", false)];
    let mut volumes = vec![pod::scratch("tmp"), pod::memory("run", "16Mi")];
    for (number, (folder, names)) in settings::folders(told).into_iter().enumerate() {
        let name = match number {
            0 => "files".to_owned(),
            _ => format!("files-{}", number + 1),
        };
        mounts.push(pod::mount(&name, folder, true));
        let mut volume = pod::config_files(&name, &settings::files_name(service));
        if let Some(source) = &mut volume.config_map {
            let items: Vec<KeyToPath> = names.iter().map(|name| pod::key_to_path(name, name)).collect();
            source.items = Some(items);
        }
        volumes.push(volume);
    }
    (mounts, volumes)
}

/// What says how many pods there are.
fn scaler(stack: &Stack<'_>, service: &Service, told: &Workload) -> Object {
    let (Some(_), Some(scaling)) = (service.scale.queue_messages, &told.scaling) else {
        return workload::autoscaler(stack.names, service, DEPLOYMENT);
    };
    let load = workload::scaled(service, DEPLOYMENT, std::iter::empty());
    let mut spec = serde_json::to_value(&load).unwrap_or_default();
    if let Some(Value::Array(triggers)) = spec.get_mut("triggers") {
        let counted = scaling.triggers.iter().map(|trigger| {
            let mut trigger = trigger.value().clone();
            if let (Value::Object(trigger), true) = (&mut trigger, scaling.authentication.is_some()) {
                trigger.insert("authenticationRef".to_owned(), json!({ "name": service.name }));
            }
            trigger
        });
        triggers.splice(0..0, counted.collect::<Vec<_>>());
    }
    let object = Object::raw(
        (ScaledObject::API_VERSION, ScaledObject::KIND),
        stack.names.service_meta(service),
        spec,
    );
    object.about("KEDA makes a HorizontalPodAutoscaler of it")
}

/// What KEDA counts messages with.
pub(super) fn login(stack: &Stack<'_>, service: &Service, told: &Workload) -> Option<Written> {
    let login = told.scaling.as_ref()?.authentication.as_ref()?;
    let object = Object::raw(
        ("keda.sh/v1alpha1", "TriggerAuthentication"),
        stack.names.service_meta(service),
        login.value().clone(),
    );
    Some(Written::new(object).set_all(login.fills_below("/spec")))
}

/// What is copied into the objects of a service of what Terraform writes.
pub(super) fn copies(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Vec<Copy> {
    let Some(told) = stack.cloud.workloads.get(&id) else {
        return vec![];
    };
    let copy = |from: (&'static str, String), to: (&'static str, String), is_new: bool| Copy {
        from: (from.0, service.name.clone(), from.1),
        to: (to.0, service.name.clone(), to.1),
        is_new,
    };
    let noted = |annotation: &str| ("ConfigMap", format!("metadata.annotations.{annotation}"));
    let restarts = format!("spec.template.metadata.annotations.{SETTINGS}");
    let mut copies = vec![copy(noted(SETTINGS), (DEPLOYMENT, restarts), true)];
    if secrets::has_required(told) {
        let named = REQUIRED.replace('/', ".");
        copies.push(copy(noted(SECRET), (DEPLOYMENT, named), false));
    }
    if told.image.is_some() {
        let image = format!("spec.template.spec.containers.[name={}].image", service.name);
        copies.push(copy(noted(IMAGE), (DEPLOYMENT, image), false));
    }
    let counted = settings::of_triggers(told).into_iter();
    copies.extend(counted.map(|(annotation, pointer, _)| {
        let place = format!("spec.triggers{}", pointer.replace('/', "."));
        copy(noted(&annotation), (ScaledObject::KIND, place), false)
    }));
    copies
}
