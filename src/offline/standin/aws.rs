//! Texts of Amazon Web Services.

use super::{Maker, Place};
use crate::offline::settings::Settings;

/// Types whose id is a short word and hexadecimal digits.
const PREFIXES: [(&str, &str); 31] = [
    ("aws_ami", "ami"),
    ("aws_customer_gateway", "cgw"),
    ("aws_default_security_group", "sg"),
    ("aws_default_subnet", "subnet"),
    ("aws_default_vpc", "vpc"),
    ("aws_ebs_volume", "vol"),
    ("aws_ec2_transit_gateway", "tgw"),
    ("aws_efs_access_point", "fsap"),
    ("aws_efs_file_system", "fs"),
    ("aws_egress_only_internet_gateway", "eigw"),
    ("aws_eip", "eipalloc"),
    ("aws_flow_log", "fl"),
    ("aws_instance", "i"),
    ("aws_internet_gateway", "igw"),
    ("aws_key_pair", "key"),
    ("aws_launch_template", "lt"),
    ("aws_nat_gateway", "nat"),
    ("aws_network_acl", "acl"),
    ("aws_network_interface", "eni"),
    ("aws_route_table", "rtb"),
    ("aws_route_table_association", "rtbassoc"),
    ("aws_security_group", "sg"),
    ("aws_security_group_rule", "sgrule"),
    ("aws_subnet", "subnet"),
    ("aws_vpc", "vpc"),
    ("aws_vpc_dhcp_options", "dopt"),
    ("aws_vpc_endpoint", "vpce"),
    ("aws_vpc_peering_connection", "pcx"),
    ("aws_vpc_security_group_egress_rule", "sgr"),
    ("aws_vpc_security_group_ingress_rule", "sgr"),
    ("aws_vpn_gateway", "vgw"),
];

/// Types whose id is their ARN.
const BY_ARN: [&str; 8] = [
    "aws_ecs_cluster",
    "aws_iam_policy",
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_secretsmanager_secret",
    "aws_sfn_state_machine",
    "aws_sns_topic",
];

/// What an argument that holds an id refers to.
const REFERENCES: [(&str, &str); 20] = [
    ("allocation_id", "eipalloc"),
    ("default_network_acl_id", "acl"),
    ("default_route_table_id", "rtb"),
    ("default_security_group_id", "sg"),
    ("image_id", "ami"),
    ("instance_id", "i"),
    ("main_route_table_id", "rtb"),
    ("network_interface_id", "eni"),
    ("primary_network_interface_id", "eni"),
    ("route_table_id", "rtb"),
    ("security_group_id", "sg"),
    ("security_group_ids", "sg"),
    ("security_groups", "sg"),
    ("subnet_id", "subnet"),
    ("subnet_ids", "subnet"),
    ("subnets", "subnet"),
    ("transit_gateway_id", "tgw"),
    ("volume_id", "vol"),
    ("vpc_id", "vpc"),
    ("vpc_security_group_ids", "sg"),
];

/// Services by the first word of a type, where that is not the service's own name in an ARN. What has an id of the form of
/// [`PREFIXES`] belongs to ec2 unless it is listed here.
const SERVICES: [(&str, &str); 10] = [
    ("alb", "elasticloadbalancing"),
    ("cognito", "cognito-idp"),
    ("db", "rds"),
    ("dms", "dms"),
    ("efs", "elasticfilesystem"),
    ("lb", "elasticloadbalancing"),
    ("msk", "kafka"),
    ("opensearch", "es"),
    ("sfn", "states"),
    ("wafv2", "wafv2"),
];

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, prefix)| *prefix)
}

impl Maker<'_> {
    pub(super) fn aws_id(&self, place: &Place) -> String {
        let kind = self.scene.type_name;
        if let Some(prefix) = find(&PREFIXES, kind) {
            return format!("{prefix}-0{}", self.hex(place, 16));
        }
        match kind {
            _ if BY_ARN.contains(&kind) => self.arn(&place.beside("arn")),
            "aws_sqs_queue" => {
                let (region, account) = (self.scene.region(), Settings::ACCOUNT);
                format!("https://sqs.{region}.amazonaws.com/{account}/{}", self.name)
            }
            "aws_kms_key" => self.seed.uuid("id"),
            _ => self.name.clone(),
        }
    }

    pub(super) fn aws_text(&self, place: &Place) -> Option<String> {
        let name = place.name();
        if name.ends_with("_arn") || matches!(name, "arn" | "arns") {
            return Some(self.arn(place));
        }
        if let Some(prefix) = find(&REFERENCES, name) {
            return Some(format!("{prefix}-0{}", self.hex(place, 16)));
        }
        Some(match name {
            "ids" => {
                let word = self.scene.word();
                let prefix = find(&PREFIXES, self.scene.type_name.trim_end_matches('s')).unwrap_or(&word);
                format!("{prefix}-0{}", self.hex(place, 16))
            }
            "url" if self.scene.type_name == "aws_sqs_queue" => self.aws_id(&place.beside("id")),
            "owner_id" | "account_id" | "registry_id" | "catalog_id" => Settings::ACCOUNT.to_owned(),
            "availability_zone" | "zone" => format!("{}a", self.scene.region()),
            "hosted_zone_id" | "zone_id" => format!("Z{}", self.hex(place, 13).to_uppercase()),
            "name_servers" => format!("ns-{}.example.net", self.hex(place, 3)),
            _ => return None,
        })
    }

    fn arn(&self, place: &Place) -> String {
        let (region, account, name) = (self.scene.region(), Settings::ACCOUNT, &self.name);
        let word = self.scene.word();
        let local = |service: &str, resource: String| format!("arn:aws:{service}:{region}:{account}:{resource}");
        let iam = |resource: &str| format!("arn:aws:iam::{account}:{resource}/{name}");
        match self.scene.type_name {
            "aws_s3_bucket" => format!("arn:aws:s3:::{name}"),
            "aws_iam_role" => iam("role"),
            "aws_iam_policy" => iam("policy"),
            "aws_iam_user" => iam("user"),
            "aws_iam_instance_profile" => iam("instance-profile"),
            "aws_sqs_queue" => local("sqs", name.clone()),
            "aws_sns_topic" => local("sns", name.clone()),
            "aws_lambda_function" => local("lambda", format!("function:{name}")),
            "aws_dynamodb_table" => local("dynamodb", format!("table/{name}")),
            "aws_cloudwatch_log_group" => local("logs", format!("log-group:{name}")),
            "aws_kms_key" => local("kms", format!("key/{}", self.seed.uuid("id"))),
            "aws_secretsmanager_secret" => local("secretsmanager", format!("secret:{name}-{}", self.hex(place, 6))),
            "aws_lb" => {
                let kind = match self.given("load_balancer_type") {
                    Some("network") => "net",
                    _ => "app",
                };
                local(
                    "elasticloadbalancing",
                    format!("loadbalancer/{kind}/{name}/{}", self.hex(place, 16)),
                )
            }
            "aws_lb_target_group" => local(
                "elasticloadbalancing",
                format!("targetgroup/{name}/{}", self.hex(place, 16)),
            ),
            other => {
                let own = other.split('_').nth(1).unwrap_or_default();
                let ec2 = find(&PREFIXES, other).map(|_| "ec2");
                let service = find(&SERVICES, own).or(ec2).unwrap_or(own);
                local(service, format!("{word}/{name}"))
            }
        }
    }

    /// The endpoint of a type that has one of its own form.
    pub(super) fn endpoint(&self, place: &Place) -> Option<String> {
        let region = self.scene.region();
        Some(match self.scene.type_name {
            "aws_db_instance" => format!("{}.{}.{region}.rds.amazonaws.com:5432", self.name, self.hex(place, 12)),
            "aws_rds_cluster" => format!(
                "{}.cluster-{}.{region}.rds.amazonaws.com",
                self.name,
                self.hex(place, 12)
            ),
            "google_container_cluster" => format!("203.0.113.{}", self.seed.below(&place.text(), 250)),
            _ => return None,
        })
    }
}
