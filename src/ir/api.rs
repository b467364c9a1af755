//! APIs: one entrance for many services, which knows who asks.

use super::arena::Id;
use super::component::Service;
use super::domain::Home;
use crate::target::Target;
use crate::vocabulary::{Method, PerTarget};

/// An API gateway. It reaches its services over the internal load balancer.
#[derive(Debug, Clone)]
pub struct Api {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// Its own host name.
    pub domain: Option<String>,
    /// DNS zone that holds the host name, per target.
    pub zone: PerTarget,
    /// Certificate of the host name, per target.
    pub certificate: PerTarget,
    /// Who issues tokens. There is one if a route is not open.
    pub jwt: Option<Jwt>,
    /// Which pages of other origins may call it.
    pub cors: Option<Cors>,
    /// Largest body of a request, in KiB.
    pub max_body_kb: u32,
    /// What passes to a route that says nothing else.
    pub throttle: Throttle,
    /// By method and path.
    pub routes: Vec<ApiRoute>,
}

impl Api {
    /// The certificate of its host name on a target: none for an API under the cloud's own name.
    pub fn certificate(&self, target: Target) -> Option<&str> {
        self.domain.as_ref().and(self.certificate.get(target))
    }
}

/// Requests of one method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRoute {
    /// As the blueprint says it: `GET /orders/{id}`. A stable key.
    pub key: String,
    /// The method; any when there is none.
    pub method: Option<Method>,
    /// The path, segment by segment.
    pub segments: Vec<Segment>,
    /// The service that answers.
    pub service: Id<Service>,
    /// Anybody may call it, without a token.
    pub open: bool,
    /// What passes.
    pub throttle: Throttle,
}

impl ApiRoute {
    /// True if both are of the same paths: parameters are alike whatever they are called.
    pub fn same_path(&self, other: &ApiRoute) -> bool {
        let alike = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
            _ => one == other,
        };
        self.segments.len() == other.segments.len() && self.segments.iter().zip(&other.segments).all(alike)
    }

    /// True if a request could be of both routes.
    pub fn meets(&self, other: &ApiRoute) -> bool {
        let methods = self.method.is_none() || other.method.is_none() || self.method == other.method;
        methods && overlap(&self.segments, &other.segments)
    }

    /// True if a request of both routes is of this one: it says more of the path, or else it names the method.
    pub fn beats(&self, other: &ApiRoute) -> bool {
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 2,
            Segment::Parameter(_) => 1,
            Segment::Rest => 0,
        };
        let mut pairs = self.segments.iter().zip(&other.segments);
        match pairs.find(|(own, other)| rank(own) != rank(other)) {
            Some((own, other)) => rank(own) > rank(other),
            None => self.method.is_some() && other.method.is_none(),
        }
    }
}

/// True if a path could be of both.
fn overlap(one: &[Segment], other: &[Segment]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([], _) | (_, []) => false,
        ([Segment::Rest, ..], _) | (_, [Segment::Rest, ..]) => true,
        ([Segment::Literal(own), ..], [Segment::Literal(text), ..]) if own != text => false,
        ([_, one @ ..], [_, other @ ..]) => overlap(one, other),
    }
}

/// How many requests of all callers together pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Per second, for long.
    pub per_second: u32,
    /// At once, after a pause.
    pub burst: u32,
}

/// A part of a path between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// These letters: letters, digits and `._~-`.
    Literal(String),
    /// Whatever stands there: `{id}`.
    Parameter(String),
    /// Everything from there on, slashes too; the last one.
    Rest,
}

/// Who issues tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwt {
    /// The issuer, as it stands in tokens.
    pub issuer: String,
    /// Who a token must be for.
    pub audiences: Vec<String>,
    /// Where the issuer's keys are.
    pub keys: String,
}

/// Which pages of other origins may call an API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Scheme and host of each.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<Method>,
    /// Headers of requests, in lower case.
    pub headers: Vec<String>,
    /// Headers of answers that a page may see, in lower case.
    pub exposed: Vec<String>,
    /// Cookies may come along.
    pub credentials: bool,
    /// Seconds that a browser remembers the answer.
    pub max_age_seconds: u32,
}
