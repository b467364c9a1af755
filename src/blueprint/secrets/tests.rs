#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::find;
use crate::blueprint::parse::parse;

/// The texts that are taken for secrets, and their kinds.
fn found(text: &str) -> Vec<(String, String)> {
    find(&parse(text).root, text)
        .into_iter()
        .map(|one| {
            let span = one.span.unwrap();
            (text[span.start..span.end].to_owned(), one.message)
        })
        .collect()
}

#[test]
fn a_secret_inside_a_longer_text_is_marked_alone() {
    let text = "a = \"one --key=AKIAIOSFODNN7EXAMPLE two xoxb-123456789012-abcdefghijkl\"";
    let secrets: Vec<String> = found(text).into_iter().map(|(secret, _)| secret).collect();
    assert_eq!(secrets, ["AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012-abcdefghijkl"]);
}

#[test]
fn an_escaped_secret_marks_its_whole_value() {
    let text = "a = \"AKIA\\u0049OSFODNN7EXAMPLE\"";
    assert_eq!(found(text)[0].0, "\"AKIA\\u0049OSFODNN7EXAMPLE\"");
}

#[test]
fn passwords_of_connection_strings() {
    for (text, password) in [
        ("postgres://u:p4ss@db:5432/x", "p4ss"),
        ("redis://:p4ss@cache", "p4ss"),
        ("amqps://u:p@ss@mq/vhost", "p@ss"),
        ("Server=db;User Id=sa;Password=p4ss;Encrypt=true", "p4ss"),
        ("jdbc:mysql://db/x?user=u&password=p4ss", "p4ss"),
    ] {
        let secrets = found(&format!("a = '{text}'"));
        assert_eq!(secrets.len(), 1, "{text}: {secrets:?}");
        assert_eq!(secrets[0].0, password, "{text}");
    }
}

#[test]
fn what_only_names_a_secret_is_let_through() {
    for value in [
        "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:db-AbCdEf",
        "https://bumarket-certs.vault.azure.net/secrets/shop",
        "projects/p/secrets/db/versions/latest",
        "postgres://shop@db.example.com/shop",
        "postgres://shop:${DB_PASSWORD}@db.example.com/shop",
        "postgres://shop:$(DB_PASSWORD)@db/shop",
        "https://example.com/a:b@c",
        "registry.example.com/shop/web:2.4.1",
        "registry.example.com/shop/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:AKIA",
        "eyJhbGciOiJIUzI1NiJ9",
        "xAKIAIOSFODNN7EXAMPLE",
        "the password=secret of the manual",
    ] {
        assert_eq!(found(&format!("a = '{value}'")), [], "{value}");
    }
}

#[test]
fn the_name_of_a_setting_counts_only_where_authors_choose_names() {
    let named = |key: &str| !found(&format!("[services.web.environment]\n{key} = 'x1'")).is_empty();
    for key in [
        "PASSWORD",
        "DB_PASSWORD",
        "DB_PASSWORD_2",
        "JWT_SECRET",
        "API_KEY",
        "STRIPE_APIKEY",
        "GH_TOKEN",
    ] {
        assert!(named(key), "{key}");
    }
    for key in [
        "PASSWORD_FILE",
        "TOKEN_URL",
        "MAX_TOKENS",
        "PWD",
        "KEY",
        "SECRET_NAME",
        "MONKEY",
        "TOKENISER",
    ] {
        assert!(!named(key), "{key}");
    }
    assert_eq!(found("[secrets.api-token]\ndescription = 'token of the api'"), []);
    assert_eq!(found("[state.s3]\nbucket = 'x'\ntoken = 'x1'"), []);
    assert_eq!(
        found("[environments.dev.services.web.environment]\nPASSWORD = 'x1'").len(),
        1
    );
}

#[test]
fn the_fix_names_the_secret_after_the_setting() {
    let text = "[services.web.environment]\nDB_PASSWORD = 'x1'";
    let fix = find(&parse(text).root, text).remove(0).fix.unwrap();
    assert!(fix.contains("`[secrets.db-password]`"), "{fix}");
}
