//! APIs: one entrance for many services, which knows who asks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiPath, Audience, HeaderName, HostName, Link, Origin};
use crate::vocabulary::{Method, PerTarget};

/// An API gateway in front of services: it checks tokens, holds back floods and answers browsers of other origins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Requests by method and path (`"GET /orders/{id}"`), and who answers them. Functions may add theirs, as their trigger.
    #[serde(default)]
    pub routes: BTreeMap<ApiPath, ApiRoute>,
    /// Who issues the tokens that callers must bring.
    #[serde(default)]
    pub jwt: Option<Jwt>,
    /// Which pages of other origins may call it from a browser; none when left out.
    #[serde(default)]
    pub cors: Option<Cors>,
    /// Requests of all callers together to a route that says nothing else.
    #[serde(default)]
    pub throttle: Throttle,
    /// Largest body of a request, in KiB.
    #[serde(default = "max_body_kb")]
    #[schemars(range(min = 1, max = 10240))]
    pub max_body_kb: u32,
    /// Its own host name; the cloud's when left out.
    #[serde(default)]
    pub domain: Option<HostName>,
    /// DNS zone that holds `domain`, as in `[edge]`.
    #[serde(default)]
    pub zone: PerTarget,
    /// Certificate of `domain`, as in `[edge]`.
    #[serde(default)]
    pub certificate: PerTarget,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiRoute {
    /// The service that answers.
    #[serde(default)]
    pub service: Option<Link>,
    /// The function that answers, instead.
    #[serde(default)]
    pub function: Option<Link>,
    /// Anybody may call it, without a token.
    #[serde(default)]
    pub open: bool,
    /// Requests of all callers together; the API's when left out.
    #[serde(default)]
    pub throttle: Option<Throttle>,
}

/// Who issues tokens, as OpenID Connect has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The issuer, whose `/.well-known/openid-configuration` leads to its keys.
    #[schemars(extend(
        "pattern" = "^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$",
        "x-says" = "an issuer is an `https://` address without a query",
        "examples" = ["https://login.example.com/"]
    ))]
    pub issuer: String,
    /// Who a token must be for.
    #[schemars(length(min = 1, max = 10))]
    pub audiences: Vec<Audience>,
    /// Where the issuer's keys are, for gateways that do not look them up themselves; `ISSUER/.well-known/jwks.json` when left out.
    #[serde(default)]
    #[schemars(extend(
        "pattern" = "^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$",
        "x-says" = "an issuer is an `https://` address without a query"
    ))]
    pub keys: Option<String>,
}

/// Which pages of other origins may call an API from a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins: scheme and host. Every one is named: there is no star.
    #[schemars(length(min = 1, max = 20))]
    pub origins: Vec<Origin>,
    /// Methods; those of the routes when left out.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// Headers that a page may send.
    #[serde(default = "headers")]
    pub headers: Vec<HeaderName>,
    /// Headers of answers that a page may see.
    #[serde(default)]
    pub exposed: Vec<HeaderName>,
    /// A page may send cookies.
    #[serde(default)]
    pub credentials: bool,
    /// Seconds that a browser remembers the answer.
    #[serde(default = "max_age_seconds")]
    #[schemars(range(min = 0, max = 86400))]
    pub max_age_seconds: u32,
}

/// How many requests pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Requests per second that go on for long.
    #[schemars(range(min = 1, max = 10000))]
    pub per_second: u32,
    /// Requests at once, after a pause.
    #[schemars(range(min = 1, max = 20000))]
    pub burst: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            per_second: 100,
            burst: 200,
        }
    }
}

fn max_body_kb() -> u32 {
    10240
}

fn headers() -> Vec<HeaderName> {
    ["authorization", "content-type"].map(HeaderName::from).into()
}

fn max_age_seconds() -> u32 {
    600
}
