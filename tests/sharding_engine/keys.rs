//! Every key of the rendered configuration is one that ShardingSphere-Proxy 5.5.3 knows: it does not start with one that it does not
//! know. Needs no tools.

use serde_yaml::Value;

use crate::configuration::{Files, files, proxies, replicated, shop};
use crate::support::examples;

/// Of `database-NAME.yaml`; `*` is a name of the configuration's own, and list items have none.
const DATABASE: &str = "
databaseName
dataSources.*.url
dataSources.*.username
dataSources.*.password
dataSources.*.connectionTimeoutMilliseconds
dataSources.*.idleTimeoutMilliseconds
dataSources.*.maxLifetimeMilliseconds
dataSources.*.maxPoolSize
dataSources.*.minPoolSize
dataSources.*.customPoolProps.keepaliveTime
rules.!READWRITE_SPLITTING.dataSourceGroups.*.writeDataSourceName
rules.!READWRITE_SPLITTING.dataSourceGroups.*.readDataSourceNames
rules.!READWRITE_SPLITTING.dataSourceGroups.*.transactionalReadQueryStrategy
rules.!SHARDING.tables.*.actualDataNodes
rules.!SHARDING.tables.*.databaseStrategy.standard.shardingColumn
rules.!SHARDING.tables.*.databaseStrategy.standard.shardingAlgorithmName
rules.!SHARDING.tables.*.tableStrategy.none
rules.!SHARDING.tables.*.keyGenerateStrategy.column
rules.!SHARDING.tables.*.keyGenerateStrategy.keyGeneratorName
rules.!SHARDING.bindingTables
rules.!SHARDING.shardingAlgorithms.*.type
rules.!SHARDING.shardingAlgorithms.*.props.algorithm-expression
rules.!SHARDING.shardingAlgorithms.*.props.allow-range-query-with-inline-sharding
rules.!SHARDING.keyGenerators.*.type
rules.!SHARDING.keyGenerators.*.props.worker-id
rules.!BROADCAST.tables
rules.!SINGLE.tables
rules.!SINGLE.defaultDataSource
";

/// Of `global.yaml`.
const GLOBAL: &str = "
mode.type
authority.users.user
authority.users.password
authority.users.admin
authority.privilege.type
authority.privilege.props.user-database-mappings
transaction.defaultType
sqlParser.sqlStatementCache.initialCapacity
sqlParser.sqlStatementCache.maximumSize
sqlParser.parseTreeCache.initialCapacity
sqlParser.parseTreeCache.maximumSize
sqlFederation.sqlFederationEnabled
sqlFederation.allQueryUseSQLFederation
sqlFederation.executionPlanCache.initialCapacity
sqlFederation.executionPlanCache.maximumSize
props.proxy-frontend-database-protocol-type
props.proxy-default-port
props.proxy-frontend-ssl-enabled
props.proxy-frontend-ssl-version
props.proxy-frontend-max-connections
props.proxy-frontend-connection-idle-timeout
props.proxy-backend-query-fetch-size
props.kernel-executor-size
props.max-connections-size-per-query
props.check-table-metadata-enabled
props.sql-show
";

/// The two files as the script beside them would fill them in.
fn filled(files: &Files) -> [Value; 2] {
    let fill = |text: &str, values: &[(&str, &str)]| {
        let filled = values
            .iter()
            .fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value));
        assert!(!filled.contains('<'), "nobody fills in what is left:\n{filled}");
        serde_yaml::from_str(&filled).unwrap_or_else(|problem| panic!("{problem}\n{filled}"))
    };
    let source = |file: &str, name: &str| {
        let values = [
            ("<NAME>", name),
            ("<HOST>", "h"),
            ("<RUN>", "/run"),
            ("<PASSWORD>", "\"p\""),
        ];
        let text = files[file].clone();
        values
            .iter()
            .fold(text, |text, (mark, value)| text.replace(mark, value))
    };
    let mut sources = vec![source("source.yaml", "shard_s0")];
    match files.contains_key("replica.yaml") {
        true => {
            sources.push(source("source.yaml", "main_write"));
            sources.push(source("replica.yaml", "main_read"));
        }
        false => sources.push(source("source.yaml", "main")),
    }
    let sources = sources.join("\n");
    [
        fill(
            &files["database.yaml"],
            &[("<SOURCES>", sources.as_str()), ("<WORKER>", "7")],
        ),
        fill(&files["global.yaml"], &[("<PASSWORD>", "\"p\"")]),
    ]
}

/// The paths to everything that is not a table or a list.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                leaves(value, &below(key.as_str().unwrap()), found);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| leaves(item, path, found)),
        Value::Tagged(tagged) => leaves(&tagged.value, &below(&tagged.tag.to_string()), found),
        _ => found.push(path.to_owned()),
    }
}

fn is_known(path: &str, known: &str) -> bool {
    let words: Vec<&str> = path.split('.').collect();
    known.lines().any(|line| {
        let pattern: Vec<&str> = line.split('.').collect();
        pattern.len() == words.len() && pattern.iter().zip(&words).all(|(a, b)| *a == "*" || a == b)
    })
}

fn check(what: &str, files: &Files) {
    let [database, global] = filled(files);
    for (file, known) in [(&database, DATABASE), (&global, GLOBAL)] {
        let mut found = vec![];
        leaves(file, "", &mut found);
        let strange: Vec<&String> = found.iter().filter(|path| !is_known(path, known)).collect();
        assert!(strange.is_empty(), "{what}: {strange:?}");
    }
    let rules = database["rules"].as_sequence().unwrap();
    let rule = |tag: &str| {
        let is = |rule: &&Value| matches!(rule, Value::Tagged(tagged) if tagged.tag == tag);
        rules.iter().find(is).map(|rule| match rule {
            Value::Tagged(tagged) => &tagged.value,
            other => other,
        })
    };
    let sharding = rule("SHARDING").unwrap();
    for (table, said) in sharding["tables"].as_mapping().unwrap() {
        let algorithm = &said["databaseStrategy"]["standard"]["shardingAlgorithmName"];
        assert!(
            sharding["shardingAlgorithms"].get(algorithm).is_some(),
            "{what}: {table:?}"
        );
        if let Some(generated) = said.get("keyGenerateStrategy") {
            let generator = &generated["keyGeneratorName"];
            assert!(sharding["keyGenerators"].get(generator).is_some(), "{what}: {table:?}");
        }
    }
    for algorithm in sharding["shardingAlgorithms"].as_mapping().unwrap().values() {
        // The others rename the tables.
        assert_eq!(algorithm["type"], "INLINE", "{what}");
        // ShardingSphere puts the expression into a string of Groovy.
        let expression = algorithm["props"]["algorithm-expression"].as_str().unwrap();
        assert!(!expression.contains(['"', '\\']), "{what}: {expression}");
    }
    assert_eq!(rule("SINGLE").unwrap()["defaultDataSource"], "main", "{what}");
    // `main` is one server, or the group of a server and its replicas.
    let group = rule("READWRITE_SPLITTING").map(|rule| &rule["dataSourceGroups"]["main"]);
    let names = match group {
        Some(group) => vec![&group["writeDataSourceName"], &group["readDataSourceNames"][0]],
        None => vec![&rule("SINGLE").unwrap()["defaultDataSource"]],
    };
    for name in names {
        assert!(database["dataSources"].get(name).is_some(), "{what}: {name:?}");
    }
}

#[test]
fn the_examples_have_keys_that_the_proxy_knows() {
    let mut count = 0;
    for example in examples() {
        for environment in example.environments() {
            let blueprint = example.load(environment.as_deref());
            let rendered = example.render(&blueprint, cloudgen::target::Target::Kubernetes);
            for (name, files) in proxies(&rendered) {
                check(&format!("{} {environment:?} {name}", example.name), &files);
                count += 1;
            }
        }
    }
    assert!(count > 0, "no example has a proxy");
}

#[test]
fn every_form_of_sharding_has_keys_that_the_proxy_knows() {
    let engine = "proxy = { image = \"registry.example.com/proxy:1\" }";
    for lines in [
        "tables = [\"orders\"]\nshards = 1\nstrategy = \"hash\"".to_owned(),
        format!("tables = [\"orders\", \"order_items\"]\nshards = 8\nactive = 4\nstrategy = \"hash\"\n{engine}"),
        "tables = [\"orders\"]\nshards = [\"asia\", \"europe\"]\nstrategy = \"hash\"\nreference_tables = [\"countries\"]".to_owned(),
        "tables = [\"orders\"]\nshards = 2\nstrategy = \"range\"\nranges = [{ shard = \"s0\" }, { from = -7, shard = \"s1\" }]".to_owned(),
        "tables = [\"orders\"]\nshards = 2\nstrategy = \"directory\"\ndirectory = { \"a.b@c:/d-1\" = \"s1\" }\ndefault = \"s0\"\n\
         generated_ids = { orders = \"order_id\" }"
            .to_owned(),
    ] {
        check(&lines, &files(&shop(&lines)));
        check(&lines, &files(&replicated(&lines)));
    }
}

/// `owner` is a closure's own in Groovy, where the expression runs: with the bare name every row would be on one shard.
#[test]
fn a_key_with_a_name_of_groovys_is_looked_up_by_name() {
    let lines = "tables = [\"orders\"]\nshards = 2\nstrategy = \"hash\"";
    let expression = |key: &str| {
        let rendered = files(&crate::configuration::shop_by(key, lines));
        let [database, _] = filled(&rendered);
        let Value::Tagged(rule) = &database["rules"][0] else {
            panic!("a rule");
        };
        let props = &rule.value["shardingAlgorithms"]["by_key"]["props"];
        props["algorithm-expression"].as_str().unwrap().to_owned()
    };
    assert!(expression("owner").contains("(delegate['owner'].toString()"));
    assert!(expression("owner_id").contains("(owner_id.toString()"));
}
