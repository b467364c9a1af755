//! Texts by the name of their argument.

use super::{MOMENT, Maker, Place};
use crate::offline::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl Maker<'_> {
    /// A text for an argument, which is recognised by its name.
    pub(super) fn text(&self, place: &Place) -> String {
        let name = place.name();
        if name == "id" && place.is_top() {
            return self.id(place);
        }
        let of_cloud = match self.scene.cloud() {
            "aws" => self.aws_text(place),
            "azurerm" => self.azure_text(place),
            "google" => self.google_text(place),
            _ => None,
        };
        of_cloud
            .or_else(|| self.account_text(place))
            .or_else(|| self.address_text(place))
            .or_else(|| self.secret_text(place))
            .or_else(|| self.other_text(place))
            .unwrap_or_else(|| format!("{}-{}", name.replace('_', "-"), self.hex(place, 8)))
    }

    /// The id of the resource.
    fn id(&self, place: &Place) -> String {
        match self.scene.cloud() {
            "aws" => self.aws_id(place),
            "azurerm" => self.azure_id(),
            "google" => self.google_id(),
            _ => self.hex(place, 20),
        }
    }

    pub(super) fn hex(&self, place: &Place, length: usize) -> String {
        self.seed.hex(&place.text(), length)
    }

    /// Accounts, identities and places.
    fn account_text(&self, place: &Place) -> Option<String> {
        let settings = self.scene.settings;
        Some(match place.name() {
            "region" | "location" => self.scene.region().to_owned(),
            "project" => settings.project().to_owned(),
            "tenant_id" => settings.tenant().to_owned(),
            "subscription_id" => settings.subscription().to_owned(),
            "client_id" => Settings::ZERO.to_owned(),
            "principal_id" | "object_id" | "unique_id" | "uuid" | "guid" | "uid" => self.seed.uuid(&place.text()),
            _ => return None,
        })
    }

    /// Networks, addresses and names of hosts.
    fn address_text(&self, place: &Place) -> Option<String> {
        let name = place.name();
        let is = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let below = |limit| self.seed.below(&place.text(), limit);
        let host = || format!("{}-{}.example.com", self.scene.word(), self.hex(place, 8));
        Some(if name.contains("ipv6_cidr") {
            format!("2001:db8:{}::/56", self.hex(place, 4))
        } else if name.contains("cidr")
            || is(&["ip_range"])
            || name.contains("address_prefix")
            || name.contains("address_space")
        {
            format!("10.{}.0.0/16", below(250))
        } else if name.contains("ipv6") {
            format!("2001:db8::{}", self.hex(place, 4))
        } else if is(&["_ip", "_ips", "ip_address", "ip_addresses"])
            || (matches!(name, "ip" | "address") && self.scene.cloud() != "aws")
        {
            let [_, one, two, three] = below(0x00ff_0000).to_be_bytes();
            format!("10.{one}.{two}.{}", three.max(1))
        } else if is(&["url", "uri", "link", "urls", "uris"]) || name == "issuer" {
            format!("https://{}", host())
        } else if name == "endpoint" {
            self.endpoint(place).unwrap_or_else(|| format!("https://{}", host()))
        } else if is(&[
            "dns_name",
            "fqdn",
            "hostname",
            "host",
            "domain",
            "domain_name",
            "dns",
            "address",
        ]) || (name.ends_with("endpoint") && !name.contains("vpc"))
        {
            host()
        } else {
            return None;
        })
    }

    /// Keys, certificates and hashes.
    fn secret_text(&self, place: &Place) -> Option<String> {
        let name = place.name();
        if name.ends_with("_pem") || name.ends_with("_openssh") {
            let label = match name {
                name if name.contains("public") => "PUBLIC KEY",
                name if name.contains("private") => "PRIVATE KEY",
                _ => "CERTIFICATE",
            };
            let body = STANDARD.encode(self.seed.bytes(&place.text(), 96));
            let (first, second) = body.split_at(64);
            return Some(format!(
                "-----BEGIN {label}-----\n{first}\n{second}\n-----END {label}-----\n"
            ));
        }
        let is_hash = matches!(name, "etag" | "md5" | "hash") || name.contains("sha") || name.contains("fingerprint");
        let is_key = matches!(name, "data" | "client_key" | "private_key" | "public_key")
            || name.contains("certificate")
            || name.contains("base64")
            || name.ends_with("_key");
        match () {
            () if is_hash && !name.contains("base64") => Some(self.hex(place, 40)),
            () if is_key => Some(STANDARD.encode(format!("stand-in {name} {}", self.hex(place, 16)))),
            () => None,
        }
    }

    fn other_text(&self, place: &Place) -> Option<String> {
        let name = place.name();
        let is = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        Some(match name {
            _ if is(&["_time", "_date", "_at", "timestamp", "_on"]) => MOMENT.to_owned(),
            "created" | "expiry" | "expiration" => MOMENT.to_owned(),
            "policy" | "json" | "policy_data" | "template_body" | "definition" | "assume_role_policy" => {
                "{}".to_owned()
            }
            "status" | "state" | "lifecycle_state" => "ACTIVE".to_owned(),
            "port" => "443".to_owned(),
            _ if name.contains("version") || matches!(name, "number" | "generation") => "1".to_owned(),
            "name" | "identifier" | "bucket" if place.is_top() => {
                let prefix = self.given("name_prefix").or(self.given("bucket_prefix"));
                let prefix = prefix.map_or_else(|| format!("{}-", self.scene.word()), str::to_owned);
                format!("{prefix}{}", self.hex(place, 12))
            }
            _ => return None,
        })
    }
}
