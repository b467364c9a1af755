use super::{Block, Module, expr};
use crate::{list, object, template};

fn sample() -> Module {
    let mut module = Module::new();
    module.file("network", "The network.");
    let vpc = module.resource(
        "aws_vpc",
        "main",
        Block::new()
            .set("cidr_block", "10.20.0.0/16")
            .set("enable_dns_support", true)
            .set("tags", object! { "Name" => "shop", "kubernetes.io/role" => "x" }),
    );
    let subnet = module.resource(
        "aws_subnet",
        "public",
        Block::new()
            .set("for_each", object! { "a" => "10.20.0.0/21" })
            .set("vpc_id", vpc.id())
            .comment("Why not.")
            .set("cidr_block", expr::each_value(&[]))
            .set("zones", list!["a", vpc.attr("arn"), 3]),
    );
    module.comment("Two\nlines.").resource(
        "aws_thing",
        "api-key",
        Block::new()
            .set("name", template!["x-${y}-", vpc.id(), "\"q\""])
            .set("policy", expr::jsonencode(object! {
                "Version" => "2012-10-17",
                "Statement" => list![object! { "Effect" => "Allow", "Resource" => list![subnet.key("a").attr("arn"), template![vpc.attr("arn"), "/*"]] }]
            }))
            .set("user_data", expr::heredoc(["#!/bin/sh\necho $${no} %{if}\n\nend ".into(), vpc.id().into()]))
            .set("subnets", subnet.all("id"))
            .block("rule", Block::new().set("a", 1))
            .block("rule", Block::new()),
    );
    module
}

#[test]
fn is_laid_out_as_terraform_fmt_does() {
    let text = Module::single(&sample().files());
    assert_eq!(text, include_str!("tests/sample.tf"), "\n{text}");
}

#[test]
fn parses_as_hcl() {
    let text = Module::single(&sample().files());
    assert!(hcl::parse(&text).is_ok(), "{text}");
}
