//! Load balancers: listeners by port, routes by host and path.

use super::arena::Id;
use super::component::Service;
use crate::target::Target;
use crate::vocabulary::PerTarget;

/// Who may reach a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// The internet.
    Public,
    /// Linked services.
    Internal,
}

/// An L7 load balancer in front of one tier.
#[derive(Debug, Clone)]
pub struct Balancer {
    /// Who may reach it.
    pub exposure: Exposure,
    /// Certificate per target.
    pub certificate: PerTarget,
    /// Host name of the entry point, where the author named one.
    pub domain: Option<String>,
    /// DNS zone that holds the host name, per target.
    pub zone: PerTarget,
    /// By port. The public one has exactly one, whose port follows from [`Balancer::tls`]: 443 or 80.
    pub listeners: Vec<Listener>,
}

/// What a load balancer listens on.
#[derive(Debug, Clone)]
pub struct Listener {
    /// TCP port: the service's own on the internal load balancer; 443 on the public one (80 where it has no certificate).
    pub port: u16,
    /// Most specific first: hosts before none, longer paths before shorter.
    pub routes: Vec<Route>,
}

/// Where requests of certain hosts and paths go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The service.
    pub service: Id<Service>,
    /// Host names; all when empty.
    pub hosts: Vec<String>,
    /// Path prefixes; all when empty. `/` means all and stands as empty.
    pub paths: Vec<String>,
}

impl Route {
    /// True if every request matches.
    pub fn is_default(&self) -> bool {
        self.hosts.is_empty() && self.paths.is_empty()
    }
}

/// How an entry point speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls<'a> {
    /// With a certificate that is there already, named in the cloud's own words.
    Named(&'a str),
    /// With a certificate that is requested for a host name; `zone` is the DNS zone that can prove its ownership.
    Requested {
        /// The host name.
        domain: &'a str,
        /// The zone in the cloud's own words.
        zone: Option<&'a str>,
    },
    /// Not at all: plain HTTP.
    Off,
}

impl Balancer {
    /// How this entry point speaks TLS on a target. Certificates are requested for public names only: nobody vouches for private ones.
    pub fn tls(&self, target: Target) -> Tls<'_> {
        match (self.certificate.get(target), &self.domain) {
            (Some(certificate), _) => Tls::Named(certificate),
            (None, Some(domain)) if self.exposure == Exposure::Public => Tls::Requested {
                domain,
                zone: self.zone.get(target),
            },
            _ => Tls::Off,
        }
    }

    /// The port that clients use for a listener on a target.
    pub fn port(&self, listener: &Listener, target: Target) -> u16 {
        match (self.exposure, self.tls(target)) {
            (Exposure::Public, Tls::Off) => 80,
            (Exposure::Public, _) => 443,
            (Exposure::Internal, _) => listener.port,
        }
    }

    /// `http` or `https`.
    pub fn scheme(&self, target: Target) -> &'static str {
        match self.tls(target) {
            Tls::Off => "http",
            _ => "https",
        }
    }
}
