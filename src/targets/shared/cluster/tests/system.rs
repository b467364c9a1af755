//! A small system with services inside and outside of a cluster.

use std::collections::BTreeMap;

use crate::ir::{
    Access, Arena, Backup, Balancer, Cluster, Database, Domain, Exposure, Flow, Grant, Health, Home, Id, Image, Launch,
    Listener, Network, NodePool, Peer, Probe, Registry, Repository, Resource, Route, Scale, Secret, Service, Setting,
    Shape, System, Value,
};
use crate::vocabulary::{Channel, Edition, Egress, Engine, License, PerTarget, Runtime, StoreKind};

/// `front` calls `market-api`, which uses a database and a secret; `market-mailer` is public; `market-worker` counts messages;
/// `pay-api` is outside.
pub(super) fn system() -> System {
    let mut domains = Arena::default();
    let market = domains.add(domain("market", Some("@shop/market")));
    let pay = domains.add(domain("pay", None));
    let mut repositories = Arena::default();
    let own = Image::Own {
        repository: repositories.add(Repository {
            name: "market".to_owned(),
        }),
        tag: "2.0.0".to_owned(),
    };
    let other = || Image::Reference("nginx:1.29".to_owned());
    let mut databases = Arena::default();
    let main = databases.add(database(market));
    let mut secrets = Arena::default();
    let stripe = secrets.add(Secret {
        name: "market-stripe".to_owned(),
        home: home(Some(market), "stripe"),
        path: "domains.market.secrets.stripe".to_owned(),
        description: None,
    });
    let mut services = Arena::default();
    let told = vec![
        setting("MAIN_PASSWORD", Value::DatabasePassword(main)),
        setting("PORT", Value::Text("8000".to_owned())),
        setting("STRIPE", Value::SecretValue(stripe)),
    ];
    let api = services.add(service((Some(market), "market-api"), own.clone(), 8000, told));
    let front = services.add(Service {
        public: true,
        calls: vec![api],
        ..service(
            (None, "front"),
            other(),
            8080,
            vec![setting("MARKET_API_HOST", Value::ServiceHost(api))],
        )
    });
    let mailer = services.add(Service {
        public: true,
        ..service((Some(market), "market-mailer"), other(), 8001, vec![])
    });
    services.add(Service {
        health: Health {
            probe: Probe::Process,
            grace_seconds: 300,
        },
        scale: Scale {
            queue_messages: Some(20),
            ..SCALE
        },
        ..service((Some(market), "market-worker"), own, 0, vec![])
    });
    services.add(Service {
        runtime: Runtime::Vm,
        ..service((Some(pay), "pay-api"), other(), 8000, vec![])
    });
    let flow = |from, to, port| Flow {
        from,
        to,
        port,
        why: String::new(),
    };
    let mut flows = vec![
        flow(Peer::Service(front), Peer::InternalBalancer, 8000),
        flow(Peer::Service(api), Peer::Database(main), 5432),
        flow(Peer::Service(api), Peer::Endpoints, 443),
    ];
    let out = services
        .iter()
        .flat_map(|(id, _)| [443, 80].map(|port| flow(Peer::Service(id), Peer::Internet, port)));
    flows.extend(out);
    let grant = |resource, access| Grant {
        service: api,
        resource,
        access,
    };
    let route = |service, hosts: &[&str], paths: &[&str]| Route {
        service,
        hosts: hosts.iter().map(ToString::to_string).collect(),
        paths: paths.iter().map(ToString::to_string).collect(),
    };
    let pool = |domain, name: &str| NodePool {
        domain,
        name: name.to_owned(),
        path: String::new(),
        size: shape(),
        min: 2,
        max: 4,
    };
    System {
        name: "shop".to_owned(),
        prefix: "shop".to_owned(),
        environment: None,
        pattern: "",
        region: PerTarget::default(),
        labels: BTreeMap::new(),
        protect: false,
        accounts: Default::default(),
        network: network(),
        flows,
        grants: vec![
            grant(Resource::Database(main), Access::ReadWrite),
            grant(Resource::Secret(stripe), Access::Read),
        ],
        public: Some(balancer(
            Exposure::Public,
            80,
            vec![route(mailer, &["mail.example.com"], &["/mail"]), route(front, &[], &[])],
        )),
        internal: Some(balancer(Exposure::Internal, 8000, vec![route(api, &[], &[])])),
        pools: vec![pool(None, NodePool::SYSTEM), pool(Some(market), "market")],
        registry: Some(Registry { keep_images: 30 }),
        repositories,
        cluster: cluster(),
        domains,
        services,
        databases,
        secrets,
        buckets: Arena::default(),
        caches: Arena::default(),
        queues: Arena::default(),
        topics: Arena::default(),
        streams: Arena::default(),
        tables: Arena::default(),
        workflows: Arena::default(),
        warehouses: Arena::default(),
        subscriptions: Arena::default(),
        apis: Arena::default(),
        alarms: vec![],
        inbox_alarms: vec![],
        function_alarms: vec![],
        workflow_alarms: vec![],
        sink_alarms: vec![],
        alarm_emails: vec![],
        log_days: 30,
        budget: None,
        state: None,
        overrides: BTreeMap::new(),
        choices: vec![],
        places: Default::default(),
    }
}

const SCALE: Scale = Scale {
    min: 2,
    max: 4,
    cpu_percent: 60,
    queue_messages: None,
};

fn shape() -> Shape {
    Shape {
        cpu: 2,
        memory_gb: 4,
        exact: PerTarget::default(),
    }
}

fn home(domain: Option<Id<Domain>>, name: &str) -> Home {
    Home {
        domain,
        name: name.to_owned(),
    }
}

fn domain(name: &str, owner: Option<&str>) -> Domain {
    Domain {
        name: name.to_owned(),
        path: format!("domains.{name}"),
        owner: owner.map(str::to_owned),
        slot: None,
    }
}

fn setting(name: &str, value: Value) -> Setting {
    Setting {
        name: name.to_owned(),
        value,
    }
}

fn service((domain, name): (Option<Id<Domain>>, &str), image: Image, port: u16, settings: Vec<Setting>) -> Service {
    Service {
        name: name.to_owned(),
        home: home(domain, name),
        path: format!("services.{name}"),
        runtime: Runtime::Kubernetes,
        launch: Launch::Container {
            image,
            arguments: vec![],
        },
        machine_image: PerTarget::default(),
        port,
        public: false,
        size: shape(),
        scale: SCALE,
        health: Health {
            probe: Probe::Http("/".to_owned()),
            grace_seconds: 300,
        },
        disk_gb: 30,
        environment: BTreeMap::new(),
        calls: vec![],
        settings,
        function: None,
    }
}

fn database(domain: Id<Domain>) -> Database {
    Database {
        name: "market-main".to_owned(),
        home: home(Some(domain), "main"),
        path: "domains.market.databases.main".to_owned(),
        engine: Engine::Postgres,
        version: "17".to_owned(),
        edition: Edition::Standard,
        license: License::Included,
        size: shape(),
        storage_gb: 20,
        multi_zone: false,
        backup: Backup {
            hour: 9,
            minute: 0,
            retention_days: 7,
        },
        readers: None,
        split: false,
        sharding: None,
        port: 5432,
        database: "market_main".to_owned(),
        user: "app_owner".to_owned(),
    }
}

fn balancer(exposure: Exposure, port: u16, routes: Vec<Route>) -> Balancer {
    Balancer {
        exposure,
        certificate: PerTarget::default(),
        domain: None,
        zone: PerTarget::default(),
        listeners: vec![Listener { port, routes }],
    }
}

fn network() -> Network {
    Network {
        cidr: "10.20.0.0/16".parse().unwrap(),
        zones: 3,
        egress: Egress::Nat,
        bastion: false,
        admin_cidrs: vec![],
        existing: Default::default(),
        private_domain: "shop.internal".to_owned(),
    }
}

fn cluster() -> Cluster {
    Cluster {
        gateway_class: "istio".to_owned(),
        gateway_namespace: None,
        storage_class: None,
        cluster_issuer: "letsencrypt".to_owned(),
        secret_store: "vault".to_owned(),
        secret_store_kind: StoreKind::default(),
        prometheus: false,
        registry: Some("registry.example.com".to_owned()),
        api_cidrs: vec![],
        version: None,
        channel: Channel::default(),
    }
}
